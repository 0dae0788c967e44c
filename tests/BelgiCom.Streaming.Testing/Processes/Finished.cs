using System.Text;
using System.Text.Json;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">0 by convention when it did what it was asked to.</param>
/// <param name="Output">Standard output: octets, for it need not be text.</param>
/// <param name="Error">Standard error.</param>
public sealed record Finished(int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Standard output, which must be exactly one JSON object on one line.</summary>
    public JsonElement Json
    {
        get
        {
            Assert.Single(Text.TrimEnd('\n').Split('\n'));
            using JsonDocument document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Fails with all that it printed when it ended otherwise.</summary>
    public Finished WithExitCode(int expected)
    {
        Assert.True(ExitCode == expected, $"exit code {ExitCode}, expected {expected}\n{Error}\n{Text}");
        return this;
    }
}
