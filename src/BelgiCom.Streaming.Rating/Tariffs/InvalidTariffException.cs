namespace BelgiCom.Streaming.Rating;

/// <summary>An offering version that cannot be used for rating. The message says what is wrong and what to change.</summary>
public sealed class InvalidTariffException : Exception
{
    /// <summary>Makes the exception for one version.</summary>
    public InvalidTariffException(string offering, int version, params IReadOnlyList<TariffFault> faults)
        : base($"Offering '{offering}' version {version}: {string.Join(' ', faults.Select(fault => fault.Sentence))}") =>
        Faults = faults;

    /// <summary>All that is wrong with it, one or more.</summary>
    public IReadOnlyList<TariffFault> Faults { get; }
}
