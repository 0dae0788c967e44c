using System.Diagnostics;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Runs somebody else's program to its end.</summary>
public static class ExternalProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public sealed record Result(int ExitCode, byte[] Output, string Error);

    /// <summary>Whether a program of this name is on the PATH.</summary>
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>
    /// Output is octets: a record's value need not be text. A program that does not end in two minutes is killed and the test fails.
    /// </summary>
    public static async Task<Result> RunAsync(
        string file, IEnumerable<string> arguments, byte[]? input = null, string? folder = null,
        CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        ProcessStartInfo start = new(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            using MemoryStream output = new();
            Task copying = process.StandardOutput.BaseStream.CopyToAsync(output, limit.Token);
            await process.StandardInput.BaseStream.WriteAsync(input ?? [], limit.Token);
            process.StandardInput.Close();
            await copying;
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, output.ToArray(), await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
