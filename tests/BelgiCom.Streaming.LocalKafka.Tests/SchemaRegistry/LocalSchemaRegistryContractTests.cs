using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class RunningRegistry : IAsyncLifetime
{
    private LocalSchemaRegistry? _registry;

    public Uri Url => _registry!.Url;

    public async ValueTask InitializeAsync() =>
        _registry = await LocalSchemaRegistry.StartAsync(
            new MemorySchemaLog(), new LocalSchemaRegistryOptions(), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _registry!.DisposeAsync();
}

public sealed class LocalSchemaRegistryContractTests(RunningRegistry registry)
    : SchemaRegistryContract, IClassFixture<RunningRegistry>
{
    protected override Uri Url => registry.Url;

    protected override bool Accepts(EvolutionCase change) => change.Readable;
}
