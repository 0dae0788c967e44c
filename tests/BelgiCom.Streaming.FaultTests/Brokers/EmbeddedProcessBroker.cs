using System.Text.Json;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>The embedded broker as <c>belgicom broker</c> runs it.</summary>
internal sealed class EmbeddedProcessBroker : ProcessBroker
{
    private readonly string _folder;
    private BelgicomBroker _process;

    private EmbeddedProcessBroker(string folder, BelgicomBroker process, string bootstrapServers)
    {
        _folder = folder;
        _process = process;
        BootstrapServers = bootstrapServers;
    }

    public override string BootstrapServers { get; }

    public static async Task<EmbeddedProcessBroker> StartAsync(string folder)
    {
        BelgicomBroker process = new(folder, "0");
        return new EmbeddedProcessBroker(folder, process, await process.AddressAsync());
    }

    public override async Task KillAndRestartAsync()
    {
        await _process.KillAsync();
        await StartAgainAsync();
    }

    public override async Task RestartAsync()
    {
        _process.Terminate();
        Assert.Equal(0, await _process.EndAsync(Wait.Patience));
        await StartAgainAsync();
    }

    public override void Freeze() => _process.Freeze();

    public override void Thaw() => _process.Thaw();

    public override ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task StartAgainAsync()
    {
        await _process.DisposeAsync();
        _process = new BelgicomBroker(_folder, BootstrapServers[(BootstrapServers.LastIndexOf(':') + 1)..]);
        Assert.Equal(BootstrapServers, await _process.AddressAsync());
    }

    private sealed class BelgicomBroker(string folder, string port)
        : ChildProcess(
            "broker",
            "belgicom.dll",
            new Dictionary<string, string>(),
            ["broker", "--data", folder, "--port", port, "--registry-port", "0", "--json"])
    {
        private const string Address = "bootstrapServers";

        public async Task<string> AddressAsync()
        {
            await Wait.UntilAsync(() => Find(Address) is not null, "the broker's address", this);
            using JsonDocument addresses = JsonDocument.Parse(Find(Address)!);
            return addresses.RootElement.GetProperty(Address).GetString()!;
        }
    }
}
