namespace BelgiCom.Streaming.Catalogue;

/// <summary>What was found in the files of a catalogue: faults, with which none of it can be used, and warnings.</summary>
internal sealed class Findings
{
    /// <summary>What must be mended.</summary>
    public List<InputFault> Faults { get; } = [];

    /// <summary>What can be used and should be looked at.</summary>
    public List<InputFault> Warnings { get; } = [];
}
