using Avro;
using BelgiCom.Streaming.Testing;
using CsCheck;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>
/// Our codecs and Apache.Avro write and read the same octets, for random records of every schema. CsCheck prints the seed of a failure.
/// </summary>
public sealed class RecordDifferentialTests
{
    public static TheoryData<string> Names => RecordCodec.Names;

    public static TheoryData<string> HotNames => RecordCodec.HotNames;

    [Theory, MemberData(nameof(Names))]
    public void Class_OfRandomRecord_RewritesTheOctetsOfApacheAvro(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Gen.Int.Sample(seed =>
            {
                byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, new Random(seed));
                Assert.Equal(body, codec.RewriteByClass(body));
            },
            iter: 500);
    }

    [Theory, MemberData(nameof(HotNames))]
    public void View_OfRandomRecord_RewritesTheOctetsOfApacheAvro(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Gen.Int.Sample(seed =>
            {
                byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, new Random(seed));
                Assert.Equal(body, codec.RewriteByView!(body));
            },
            iter: 500);
    }

    [Theory, MemberData(nameof(Names))]
    public void OurOctets_ReadByApacheAvro_AreWrittenTheSameAgain(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Schema schema = Schema.Parse(codec.SchemaJson);
        Gen.Int.Sample(seed =>
            {
                byte[] ours = codec.RewriteByClass(ApacheAvro.RandomBody(codec.SchemaJson, new Random(seed)));
                Assert.Equal(ours, ApacheAvro.Write(schema, ApacheAvro.Read(schema, schema, ours)));
            },
            iter: 300);
    }
}
