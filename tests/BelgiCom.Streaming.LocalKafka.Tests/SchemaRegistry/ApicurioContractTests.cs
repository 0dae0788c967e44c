using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

[Trait(TestBroker.Trait, TestBroker.Real)]
public sealed class ApicurioContractTests(ApicurioServer registry) : SchemaRegistryContract, IClassFixture<ApicurioServer>
{
    protected override Uri Url => registry.Url;

    protected override bool Accepts(EvolutionCase change) => change.ElsewhereReadable ?? change.Readable;
}
