using System.Text.Json.Nodes;
using Avro;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>
/// A body that is not what it should be (F12, P17) is a typed fault; class and view agree on it, and memory stays bounded.
/// </summary>
public sealed class RecordHostileInputTests
{
    // An empty string costs one octet of the body and a reference in the list, so the bound is a multiple of the body, and room for the
    // exception.
    private static readonly FuzzLimits Limits = new(Runs: 2_000, Octets: 32 << 10, OctetsPerOctet: 64);

    public static TheoryData<string> Names => RecordCodec.Names;

    public static TheoryData<string> HotNames => RecordCodec.HotNames;

    [Theory, MemberData(nameof(Names))]
    public void Body_CutAtEveryOctet_IsATypedFault(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        for (int seed = 0; seed < 10; seed++)
        {
            byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, new Random(seed));
            for (int length = 0; length < body.Length; length++)
            {
                byte[] cut = body[..length];
                AvroFormatException fault = Assert.Throws<AvroFormatException>(() => codec.RewriteByClass(cut));
                Assert.InRange(fault.Offset, 0, length);
                Assert.Null(codec.RewriteByView?.Invoke(cut));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Body_WithAnOctetMore_IsTrailingOctets(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, new Random(1));
        AvroFormatException fault = Assert.Throws<AvroFormatException>(() => codec.RewriteByClass([.. body, 0]));
        Assert.Equal((AvroFault.TrailingOctets, body.Length), (fault.Fault, fault.Offset));
        Assert.Null(codec.RewriteByView?.Invoke([.. body, 0]));
    }

    [Theory, MemberData(nameof(Names))]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Body_WithFlippedBits_IsReadOrATypedFaultInBoundedMemory(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Fuzz.Run(
            $"avro-{name}-bits",
            random => WithFlippedBits(codec, random, random.Next(1, 4)),
            body => AssertReadOrTypedFault(codec, body),
            Limits);
    }

    [Theory, MemberData(nameof(Names))]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Body_MutatedAtRandom_IsReadOrATypedFaultInBoundedMemory(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        IEnumerable<byte[]> bodies = Enumerable.Range(0, 50).Select(seed => ApacheAvro.RandomBody(codec.SchemaJson, new Random(seed)));
        Fuzz.Run($"avro-{name}", bodies, body => AssertReadOrTypedFault(codec, body), Limits);
    }

    [Theory, MemberData(nameof(Names))]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Body_OfRandomOctets_IsReadOrATypedFaultInBoundedMemory(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Fuzz.Run($"avro-{name}-random", RandomOctets, body => AssertReadOrTypedFault(codec, body), Limits);
    }

    /// <summary>
    /// A view reads nothing that Apache.Avro refuses, and reads the same where both read. A time is written as a long, its milliseconds
    /// since 1970 (Avro 1.12, Timestamps); Apache.Avro writes it by way of a double that it cuts off, a millisecond too early in far years.
    /// So values are compared as longs.
    /// </summary>
    [Theory, MemberData(nameof(HotNames))]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Body_ThatAViewReads_IsReadTheSameByApacheAvro(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Schema schema = Schema.Parse(codec.SchemaJson);
        Schema withoutTimes = Schema.Parse(WithoutTimes(codec.SchemaJson));
        Fuzz.Run(
            $"avro-{name}-foreign",
            random => WithFlippedBits(codec, random, 1),
            body =>
            {
                if (codec.RewriteByView!(body) is { } rewritten)
                {
                    // Both write the value anew, because a flipped bit can make a number longer than it need be.
                    Assert.NotNull(ApacheAvro.Read(schema, schema, body));
                    Assert.Equal(
                        ApacheAvro.Write(withoutTimes, ApacheAvro.Read(withoutTimes, withoutTimes, body)), codec.RewriteByClass(rewritten));
                }
            },
            Limits with { Octets = 1 << 20 });
    }

    private static byte[] WithFlippedBits(RecordCodec codec, Random random, int flips)
    {
        byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, random);
        for (; flips > 0; flips--)
        {
            body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
        }

        return body;
    }

    private static byte[] RandomOctets(Random random)
    {
        byte[] octets = new byte[random.Next(600)];
        random.NextBytes(octets);
        return octets;
    }

    /// <summary>The schema with each time as the long that it is written as.</summary>
    private static string WithoutTimes(string schemaJson)
    {
        JsonNode schema = JsonNode.Parse(schemaJson)!;
        Strip(schema);
        return schema.ToJsonString();

        static void Strip(JsonNode? node)
        {
            if (node is JsonObject { Count: > 0 } type && type["logicalType"]?.GetValue<string>() == "timestamp-millis")
            {
                type.Remove("logicalType");
            }

            foreach (JsonNode? inner in node switch { JsonObject o => o.Select(p => p.Value), JsonArray array => array, _ => [] })
            {
                Strip(inner);
            }
        }
    }

    private static void AssertReadOrTypedFault(RecordCodec codec, byte[] body)
    {
        byte[]? byClass;
        try
        {
            byClass = codec.RewriteByClass(body);
        }
        catch (AvroFormatException)
        {
            byClass = null;
        }

        if (codec.RewriteByView is { } rewriteByView)
        {
            // A view writes the octets of an array as they came; the class then writes its numbers as short as they can be.
            Assert.Equal(byClass, rewriteByView(body) is { } rewritten ? codec.RewriteByClass(rewritten) : null);
        }
    }
}
