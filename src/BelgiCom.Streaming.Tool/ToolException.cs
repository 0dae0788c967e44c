namespace BelgiCom.Streaming.Tool;

/// <summary>A verb cannot go on. The message is a sentence that tells the person at the terminal what to do.</summary>
internal sealed class ToolException(int exitCode, string message) : Exception(message)
{
    /// <summary>1 for usage and configuration, 2 for work that failed.</summary>
    public int ExitCode { get; } = exitCode;
}
