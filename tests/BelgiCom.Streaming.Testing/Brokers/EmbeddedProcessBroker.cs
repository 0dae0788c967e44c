using System.Globalization;

namespace BelgiCom.Streaming.Testing;

/// <summary>LocalKafka in a process of its own: the program that this assembly is.</summary>
internal sealed class EmbeddedProcessBroker : ProcessBroker
{
    private readonly TemporaryFolder _folder = new();
    private ChildProcess? _process;

    public override string BootstrapServers => Address!;

    private string? Address { get; set; }

    private int Port => Address is null ? 0 : int.Parse(Address[(Address.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);

    public static async Task<EmbeddedProcessBroker> StartAsync()
    {
        EmbeddedProcessBroker broker = new();
        try
        {
            await broker.LaunchAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public override Task KillAsync() => _process!.KillAsync();

    public override async Task StopAsync()
    {
        _process!.Terminate();
        (await _process.EndAsync()).WithExitCode(0);
    }

    public override async Task StartAgainAsync()
    {
        await _process!.DisposeAsync();
        await LaunchAsync();
    }

    public override void Freeze() => _process!.Freeze();

    public override void Thaw() => _process!.Thaw();

    public override async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task LaunchAsync()
    {
        _process = new ChildProcess(
            "broker", OurProgram.Start("BelgiCom.Streaming.Testing", new Dictionary<string, string>(), _folder.FullPath, $"{Port}"));
        Address = await _process.LineAsync(line => line.StartsWith("127.0.0.1:", StringComparison.Ordinal), "the broker's address");
    }
}
