namespace BelgiCom.Streaming.Tool;

/// <summary>A verb cannot go on; the message is a sentence for the person at the terminal that says what to do.</summary>
internal sealed class ToolException(int exitCode, string message) : Exception(message)
{
    /// <summary>1 for usage and configuration, 2 for work that failed.</summary>
    public int ExitCode { get; } = exitCode;
}
