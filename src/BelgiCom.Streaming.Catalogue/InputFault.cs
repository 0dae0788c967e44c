namespace BelgiCom.Streaming.Catalogue;

/// <summary>One fault in a catalogue or subscriptions file, and what to do about it. It never repeats an identifier of a person.</summary>
/// <param name="File">File name without folder.</param>
/// <param name="Line">Line from 1; 0 for the file as a whole.</param>
/// <param name="Message">A sentence.</param>
public sealed record InputFault(string File, long Line, string Message)
{
    /// <summary>A name for programs, such as <c>TIERS_END</c>; empty where the fault has none (docs/catalogue.md lists them).</summary>
    public string Code { get; init; } = "";

    /// <summary>The form in which compilers write it: <c>file:line: message</c>.</summary>
    public override string ToString() =>
        Line > 0 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}: {Message}") : $"{File}: {Message}";
}

/// <summary>Input files cannot be used; all faults found are in <see cref="Faults"/>.</summary>
public sealed class InputFaultException(IReadOnlyList<InputFault> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>All faults, in the order of the files.</summary>
    public IReadOnlyList<InputFault> Faults => faults;
}
