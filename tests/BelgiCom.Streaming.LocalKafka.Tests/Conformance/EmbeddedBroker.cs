using System.Diagnostics;
using System.Globalization;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>LocalKafka in a process of its own: this test assembly, started with other arguments.</summary>
public sealed class EmbeddedBroker : IConformanceBroker
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("localkafka-");
    private Process? _process;

    public string? Absence => null;

    public string BootstrapServers { get; private set; } = "";

    private int Port => BootstrapServers.Length == 0 ? 0 : int.Parse(BootstrapServers.Split(':')[1], CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync() => await StartAsync();

    public async Task KillAndRestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _data.Delete(recursive: true);
    }

    private async Task StartAsync()
    {
        string assembly = typeof(EmbeddedBroker).Assembly.Location;
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(assembly);
        }

        start.ArgumentList.Add("broker");
        start.ArgumentList.Add(_data.FullName);
        start.ArgumentList.Add(Port.ToString(CultureInfo.InvariantCulture));
        _process = Process.Start(start)!;
        BootstrapServers = await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The broker process did not start.");
    }

    private async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            _process = null;
        }
    }
}
