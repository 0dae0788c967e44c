using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class ApicurioContractTests(ApicurioServer registry) : SchemaRegistryContract, IClassFixture<ApicurioServer>
{
    protected override Uri Url
    {
        get
        {
            Assert.SkipWhen(registry.Url is null, "SCHEMA_REGISTRY_HOME is not set: no foreign registry to compare with");
            return registry.Url!;
        }
    }

    protected override bool Accepts(EvolutionCase change) => change.ElsewhereReadable ?? change.Readable;
}
