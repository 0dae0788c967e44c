using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>What was sent as poison, and the reason it must be set aside with.</summary>
internal sealed record SentPoison(byte[] Value, RejectedReason Reason);

/// <summary>Makes good usage bad, in turn by each way that F12 names (docs/fault-tests.md).</summary>
internal sealed class Poison
{
    /// <summary>Number of ways.</summary>
    public const int Kinds = 9;

    private const int HugeOctets = 700_000;
    private const int UnknownSchemas = 20;
    private const int HugeMax = 20;
    private static readonly byte[] NamedString = [(byte)(FaultUsage.Source.Length << 1), .. Encoding.UTF8.GetBytes(FaultUsage.Source)];

    private readonly Random _random;
    private readonly int _nestingSchema;
    private int _next;
    private int _huge;

    private Poison(Random random, int nestingSchema)
    {
        _random = random;
        _nestingSchema = nestingSchema;
    }

    public List<SentPoison> Sent { get; } = [];

    /// <summary>Registers the schema of the nesting bomb: ours and a field that may hold itself.</summary>
    public static async Task<Poison> PrepareAsync(RatingPlatform platform, Random random)
    {
        JsonNode schema = JsonNode.Parse(UsageReceived.SchemaJson)!;
        schema["fields"]!.AsArray().Add(JsonNode.Parse(
            """
            {"name":"nest","type":{"type":"record","name":"Nest","fields":[{"name":"inner","type":["null","Nest"],"default":null}]}}
            """)!);
        int id = await platform.Registry.RegisterAsync("faults.nest-value", schema.ToJsonString(), TestContext.Current.CancellationToken);
        platform.Readable[id] = Recomputation.NeverFits;
        return new Poison(random, id);
    }

    /// <summary>Breaks the record in the next way.</summary>
    public UsageToSend Next(UsageToSend good)
    {
        (byte[]? value, RejectedReason reason) = (_next++ % Kinds) switch
        {
            0 => (good.Value![.._random.Next(good.Value.Length)], RejectedReason.Undecodable),
            1 => (WithMagic(good.Value!, (byte)_random.Next(1, 256)), RejectedReason.Undecodable),
            2 => (WithSchema(good.Value!, 1_000_000 + _random.Next(UnknownSchemas)), RejectedReason.UnknownSchema),

            // P17: decoders that believe a length allocate it.
            3 => (WithLength(good.Value!, 1L << _random.Next(31, 63)), RejectedReason.Undecodable),
            4 => (WithLength(good.Value!, -1L << _random.Next(0, 63)), RejectedReason.Undecodable),
            5 => (Nested(good.Value!, depth: 10_000), RejectedReason.Undecodable),
            6 when _huge++ < HugeMax => (Huge(good.Value!), RejectedReason.Undecodable),
            7 => (null, RejectedReason.Undecodable),
            8 => ([.. good.Value!, 0], RejectedReason.Undecodable),
            _ => ([], RejectedReason.Undecodable),
        };
        Sent.Add(new SentPoison(value ?? [], reason));
        return good with { Value = value };
    }

    private static byte[] WithMagic(byte[] value, byte magic)
    {
        byte[] broken = [.. value];
        broken[0] = magic;
        return broken;
    }

    private static byte[] WithSchema(byte[] value, int schemaId)
    {
        byte[] broken = [.. value];
        WireFormat.WriteHeader(broken, schemaId);
        return broken;
    }

    /// <summary>Puts another length before the string <see cref="FaultUsage.Source"/>.</summary>
    private static byte[] WithLength(byte[] value, long length)
    {
        int at = value.AsSpan().IndexOf(NamedString);
        return [.. value[..at], .. Varint(length), .. value[(at + 1)..]];
    }

    private byte[] Nested(byte[] value, int depth) => [.. WithSchema(value, _nestingSchema), .. Enumerable.Repeat((byte)2, depth), 0];

    private byte[] Huge(byte[] value)
    {
        byte[] rest = new byte[HugeOctets];
        _random.NextBytes(rest);
        return [.. value[..WireFormat.HeaderSize], .. rest];
    }

    private static byte[] Varint(long value)
    {
        ArrayBufferWriter<byte> octets = new();
        ulong zigzag = (ulong)((value << 1) ^ (value >> 63));
        for (; zigzag >= 0x80; zigzag >>= 7)
        {
            octets.Write([(byte)(zigzag | 0x80)]);
        }

        octets.Write([(byte)zigzag]);
        return octets.WrittenSpan.ToArray();
    }
}
