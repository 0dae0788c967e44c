using System.Diagnostics;
using System.Globalization;

namespace BelgiCom.Streaming.Privacy.Tests;

public sealed class KeyProcessTests : IDisposable
{
    /// <summary>How many processes wait in memory at the same time.</summary>
    private const int Wave = 25;

    private readonly string _directory = Directory.CreateTempSubdirectory("keys").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>
    /// Each wave of processes opens a new folder at the same moment; before this was mended, of two that did, one in forty lost its key.
    /// BELGICOM_KEY_PROCESSES sets how many processes there are in all; the full run has 1000.
    /// </summary>
    [Fact]
    public void GetOrCreate_ByProcessesThatStartAtOnce_IsOneKeyPerPurposeAndScope()
    {
        int processes = int.TryParse(
            Environment.GetEnvironmentVariable("BELGICOM_KEY_PROCESSES"), CultureInfo.InvariantCulture, out int asked) ? asked : 100;
        for (int started = 0; started < processes; started += Wave)
        {
            string folder = Path.Combine(_directory, $"{started}");
            string ids = Assert.Single(IdsOfAWave(folder).Distinct());
            Assert.Equal(KeyProcess.Scopes.Length, ids.Split(' ').Distinct().Count());
            Assert.Equal(KeyProcess.Scopes.Length + 1, Directory.GetFiles(folder, "*.key").Length);
        }
    }

    private static List<string> IdsOfAWave(string folder)
    {
        Process[] wave = [.. Enumerable.Range(0, Wave).Select(_ => KeyProcess.Start(folder))];
        try
        {
            Array.ForEach(wave, KeyProcess.AwaitReady);
            Array.ForEach(wave, process => process.StandardInput.Close());
            List<string> ids = [.. wave.Select(process => process.StandardOutput.ReadLine() ?? "")];
            Array.ForEach(wave, process => process.WaitForExit());
            return ids;
        }
        finally
        {
            Array.ForEach(wave, process =>
            {
                process.Kill();
                process.Dispose();
            });
        }
    }
}
