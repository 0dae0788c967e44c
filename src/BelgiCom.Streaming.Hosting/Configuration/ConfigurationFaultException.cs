namespace BelgiCom.Streaming.Hosting;

/// <summary>The configuration cannot be used. The process ends with exit code 1 after printing every fault, one a line.</summary>
public sealed class ConfigurationFaultException : Exception
{
    /// <summary>Makes the exception from sentences that say what is wrong and what to do.</summary>
    /// <param name="faults">At least one sentence.</param>
    public ConfigurationFaultException(params IReadOnlyList<string> faults)
        : base(string.Join(Environment.NewLine, faults)) => Faults = faults;

    /// <summary>All faults found, in the order of the sections.</summary>
    public IReadOnlyList<string> Faults { get; }
}
