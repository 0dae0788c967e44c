using Avro;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Testing;
using CsCheck;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>
/// A body that is not what it should be (F12, P17) is a typed fault; class and view agree on it, and memory stays bounded.
/// </summary>
public sealed class RecordHostileInputTests
{
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
    public void Body_WithFlippedBits_IsReadOrATypedFaultInBoundedMemory(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Gen.Int.Sample(seed =>
            {
                Random random = new(seed);
                byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, random);
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                {
                    body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
                }

                AssertReadOrTypedFault(codec, body);
            },
            iter: Fuzz.Runs(3_000),
            threads: 1);
    }

    /// <summary>A view reads nothing that Apache.Avro refuses, and reads the same where both read.</summary>
    [Theory, MemberData(nameof(HotNames))]
    public void Body_ThatAViewReads_IsReadTheSameByApacheAvro(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Schema schema = Schema.Parse(codec.SchemaJson);
        Gen.Int.Sample(seed =>
            {
                Random random = new(seed);
                byte[] body = ApacheAvro.RandomBody(codec.SchemaJson, random);
                body[random.Next(body.Length)] ^= (byte)(1 << random.Next(8));
                if (codec.RewriteByView!(body) is { } rewritten)
                {
                    // Both write the value anew, because a flipped bit can make a number longer than it need be.
                    Assert.Equal(ApacheAvro.Write(schema, ApacheAvro.Read(schema, schema, body)), rewritten);
                }
            },
            iter: Fuzz.Runs(3_000),
            threads: 1);
    }

    [Theory, MemberData(nameof(Names))]
    public void Body_OfRandomOctets_IsReadOrATypedFaultInBoundedMemory(string name)
    {
        RecordCodec codec = RecordCodec.Of(name);
        Gen.Byte.Array[0, 600].Sample(body => AssertReadOrTypedFault(codec, body), iter: Fuzz.Runs(2_000), threads: 1);
    }

    private static void AssertReadOrTypedFault(RecordCodec codec, byte[] body)
    {
        // An empty string costs one octet of the body and a reference in the list, so the bound is a multiple of the body, and room for the
        // exception.
        long most = 32_768 + (64L * body.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[]? byClass;
        try
        {
            byClass = codec.RewriteByClass(body);
        }
        catch (AvroFormatException)
        {
            byClass = null;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < most, $"{allocated} octets allocated for a body of {body.Length}");
        if (codec.RewriteByView is { } rewriteByView)
        {
            Assert.Equal(byClass, rewriteByView(body));
        }
    }
}
