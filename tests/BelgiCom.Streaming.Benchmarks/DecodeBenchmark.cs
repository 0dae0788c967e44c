using System.Buffers;
using Avro;
using Avro.Generic;
using Avro.IO;
using Avro.Specific;
using BelgiCom.Streaming.Contracts;
using BenchmarkDotNet.Attributes;

namespace BelgiCom.Streaming.Benchmarks;

/// <summary>One usage record from its octets: what does a library's reader cost, and what do ours?</summary>
[MemoryDiagnoser]
public class DecodeBenchmark
{
    private const int Records = 1024;

    private readonly byte[][] _bodies = Bodies();
    private readonly byte[] _room = new byte[1024];
    private readonly GenericDatumReader<GenericRecord> _generic;
    private readonly SpecificDatumReader<be.belgicom.streaming.UsageReceived> _specific;
    private int _next;

    public DecodeBenchmark()
    {
        Schema schema = Schema.Parse(UsageReceived.SchemaJson);
        _generic = new GenericDatumReader<GenericRecord>(schema, schema);
        _specific = new SpecificDatumReader<be.belgicom.streaming.UsageReceived>(schema, schema);
    }

    /// <summary>Another record each time: a branch predictor learns one record by heart.</summary>
    private byte[] Body => _bodies[_next++ & (Records - 1)];

    [Benchmark(Baseline = true)]
    public object ApacheAvroGeneric() => _generic.Read(null!, new BinaryDecoder(new MemoryStream(Body)));

    [Benchmark]
    public object ApacheAvroSpecific() => _specific.Read(null!, new BinaryDecoder(new MemoryStream(Body)));

    [Benchmark]
    public object Class() => UsageReceived.Read(Body);

    [Benchmark]
    public long View() => UsageReceivedView.TryRead(Body, out UsageReceivedView view) ? view.TotalOctets : -1;

    [Benchmark]
    public int ViewAndEncode() => UsageReceivedView.TryRead(Body, out UsageReceivedView view) ? view.Write(_room) : -1;

    private static byte[][] Bodies()
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, Records).Select(i => OneBody(i, random))];
    }

    /// <summary>A usual part of a PGW record.</summary>
    private static byte[] OneBody(int index, Random random)
    {
        long uplink = 1L << random.Next(8, 24);
        long downlink = 1L << random.Next(10, 30);
        ArrayBufferWriter<byte> buffer = new();
        new UsageReceived
        {
            UsageId = UsageId.FromHalves((ulong)random.NextInt64(), (ulong)random.NextInt64()),
            SubscriberRef = SubscriberRef.FromHalves((ulong)random.NextInt64(), (ulong)random.NextInt64()),
            Kind = UsageKind.Data,
            EventTime = DateTimeOffset.FromUnixTimeMilliseconds(1_795_420_800_000 + (index * 977L)),
            EndTime = DateTimeOffset.FromUnixTimeMilliseconds(1_795_421_700_000 + (index * 977L)),
            UtcOffsetMinutes = 60,
            DurationSeconds = random.Next(1, 3600),
            UplinkOctets = uplink,
            DownlinkOctets = downlink,
            TotalOctets = uplink + downlink,
            RatingGroup = 10 * random.Next(1, 30),
            ServingPlmn = "20601",
            RatType = 6,
            DataNetwork = "internet",
            ChargingId = random.NextInt64(1L << 32),
            RecordSequenceNumber = random.Next(20),
            LocalSequenceNumber = 27_182_818 + index,
            CauseForRecordClosing = 0,
            Source = "pgw-north",
            Node = "pgw01.example",
            RecordType = 85,
            FileId = FileId.FromHalves(0x2123456789abcdef, 0xfedcba9876543212),
            FileName = "PGW01_-_42.20261123_-_0800+0100",
            FileSequenceNumber = 42,
            RecordIndex = index,
            ContainerIndex = random.Next(4),
            InputHash = (long)((ulong)random.NextInt64() << 1),
            PersonalDataKeyId = "0123456789abcdef0123456789abcdef-0123456789abcdef",
            PersonalData = new byte[120],
        }.Write(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
