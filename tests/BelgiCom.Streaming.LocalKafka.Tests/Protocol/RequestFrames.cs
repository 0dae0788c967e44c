using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4.Streams;
using Snappier;
using ZstdSharp;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>
/// Request frames of every API that the broker offers, with values of their fields at random: existing names, edges of numbers, batches in
/// every compression.
/// </summary>
internal static class RequestFrames
{
    /// <summary>
    /// The fields of each request in its newest version (kafka.apache.org/protocol): b, h, i, l integers of 1 to 8 octets, s string, n
    /// string that may be null, y octets, r record batch, u UUID, [] array, and at the end of each structure of a flexible version its
    /// tagged fields.
    /// </summary>
    private static readonly Dictionary<ApiKey, string> Fields = new()
    {
        [ApiKey.Produce] = "nhi[s[ir]]",
        [ApiKey.Fetch] = "iiiibii[s[iilli]][s[i]]s",
        [ApiKey.ListOffsets] = "ib[s[iil]]",
        [ApiKey.Metadata] = "[us]bbb",
        [ApiKey.OffsetCommit] = "sisn[s[ilin]]",
        [ApiKey.OffsetFetch] = "s[s[i]]b",
        [ApiKey.FindCoordinator] = "sb",
        [ApiKey.JoinGroup] = "siisns[sy]",
        [ApiKey.Heartbeat] = "sisn",
        [ApiKey.LeaveGroup] = "s[sn]",
        [ApiKey.SyncGroup] = "sisn[sy]",
        [ApiKey.DescribeGroups] = "[s]b",
        [ApiKey.ListGroups] = "",
        [ApiKey.ApiVersions] = "ss",
        [ApiKey.CreateTopics] = "[sih[i[i]][sn]]ib",
        [ApiKey.DeleteTopics] = "[s]i",
        [ApiKey.DeleteRecords] = "[s[il]]i",
        [ApiKey.InitProducerId] = "nilh",
        [ApiKey.OffsetForLeaderEpoch] = "i[s[iii]]",
        [ApiKey.AddPartitionsToTxn] = "slh[s[i]]",
        [ApiKey.AddOffsetsToTxn] = "slhs",
        [ApiKey.EndTxn] = "slhb",
        [ApiKey.TxnOffsetCommit] = "sslhisn[s[ilin]]",
        [ApiKey.DescribeConfigs] = "[bs[s]]b",
        [ApiKey.CreatePartitions] = "[si[[i]]]ib",
        [ApiKey.DeleteGroups] = "[s]",
        [ApiKey.IncrementalAlterConfigs] = "[bs[sbn]]b",
    };

    private static readonly string[] Strings =
    [
        "topic", "compacted", "other", "group", "transaction", "", "__consumer_offsets", "..", "a/b", "cleanup.policy", "compact",
        "retention.ms", "max.message.bytes", "segment.bytes", "consumer", "range", "-1", "é\uFFFD", new string('n', 249),
        new string('n', 250), new string('\u20AC', 10_900),
    ];

    private static readonly long[] Numbers =
    [
        0, 0, 0, 1, 1, 2, 3, 4, 100, 1000, 6000, -1, -2, short.MaxValue, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue,
    ];

    public static byte[] Any(Random random)
    {
        SupportedApi api = SupportedApi.All[random.Next(SupportedApi.All.Count)];
        short version = random.Next(3) == 0 ? (short)random.Next(api.MinVersion, api.MaxVersion + 1) : api.MaxVersion;
        return Of(api, version, random);
    }

    public static byte[] Of(SupportedApi api, short version, Random random)
    {
        ProtocolWriter writer = new();
        writer.Reset();
        writer.WriteInt16((short)api.Key);
        writer.WriteInt16(version);
        writer.WriteInt32(random.Next());
        writer.WriteNullableString("client");
        writer.Flexible = api.IsFlexible(version);
        writer.EndStruct();
        WriteFields(writer, Fields[api.Key], random);
        writer.EndStruct();
        byte[] frame = writer.Written.ToArray();
        writer.Release();
        return frame;
    }

    /// <summary>A batch in one of the five compressions, sealed, so that more than its checksum is looked at.</summary>
    public static byte[] Batch(Random random)
    {
        byte[] plain = random.Next(3) == 0
            ? Batches.Idempotent(random.Next(3), (short)random.Next(2), random.Next(4), random.Next(1, 4), random.Next(2) == 0)
            : Batches.At(1_700_000_000_000, [.. Enumerable.Range(0, random.Next(1, 20)).Select(Record)]);
        return Batch(plain, (CompressionCodec)random.Next(6));
    }

    /// <summary>A batch in a compression, sealed.</summary>
    public static byte[] Batch(byte[] plain, CompressionCodec codec)
    {
        byte[] batch = [.. plain[..RecordBatch.HeaderSize], .. Compressed(plain[RecordBatch.HeaderSize..], codec)];
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(21), (short)(new RecordBatch(batch).Attributes | (short)codec));
        return Sealed(batch);
    }

    /// <summary>Sets the batch's length and checksum right.</summary>
    public static byte[] Sealed(byte[] batch)
    {
        if (batch.Length >= RecordBatch.HeaderSize)
        {
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - RecordBatch.LengthOverhead);
            new RecordBatch(batch).Seal();
        }

        return batch;
    }

    private static (string Key, string? Value) Record(int index) => ($"key {index}", new string('v', index * 7));

    private static byte[] Compressed(byte[] records, CompressionCodec codec)
    {
        using MemoryStream target = new();
        switch (codec)
        {
            case CompressionCodec.Gzip:
                using (GZipStream gzip = new(target, CompressionLevel.Fastest))
                {
                    gzip.Write(records);
                }

                return target.ToArray();
            case CompressionCodec.Snappy:
                return Snappy.CompressToArray(records);
            case CompressionCodec.Lz4:
                using (LZ4EncoderStream lz4 = LZ4Stream.Encode(target, leaveOpen: true))
                {
                    lz4.Write(records);
                }

                return target.ToArray();
            case CompressionCodec.Zstd:
                using (Compressor zstd = new())
                {
                    return zstd.Wrap(records).ToArray();
                }

            default:
                return records;
        }
    }

    private static void WriteFields(ProtocolWriter writer, string fields, Random random)
    {
        for (int at = 0; at < fields.Length; at++)
        {
            if (fields[at] == '[')
            {
                int close = CloseOf(fields, at);
                WriteArray(writer, fields[(at + 1)..close], random);
                at = close;
            }
            else
            {
                WriteField(writer, fields[at], random);
            }
        }
    }

    private static int CloseOf(string fields, int open)
    {
        int depth = 0;
        for (int at = open; ; at++)
        {
            depth += fields[at] == '[' ? 1 : fields[at] == ']' ? -1 : 0;
            if (depth == 0)
            {
                return at;
            }
        }
    }

    private static void WriteArray(ProtocolWriter writer, string fields, Random random)
    {
        int count = random.Next(-1, 4);
        writer.WriteArrayLength(count);
        for (; count > 0; count--)
        {
            WriteFields(writer, fields, random);
            // An array of one plain field has no structures.
            if (fields.Length > 1)
            {
                writer.EndStruct();
            }
        }
    }

    private static void WriteField(ProtocolWriter writer, char field, Random random)
    {
        long number = Numbers[random.Next(Numbers.Length)];
        switch (field)
        {
            case 'b':
                writer.WriteInt8((sbyte)random.Next(-1, 5));
                break;
            case 'h':
                writer.WriteInt16((short)number);
                break;
            case 'i':
                writer.WriteInt32((int)Math.Clamp(number, int.MinValue, int.MaxValue));
                break;
            case 'l':
                writer.WriteInt64(number);
                break;
            case 'u':
                writer.WriteUuid(Guid.Empty);
                break;
            case 'y':
                writer.WriteBytes(new byte[random.Next(20)]);
                break;
            case 'r':
                writer.WriteBytes(Batch(random));
                break;
            default:
                string any = Strings[random.Next(random.Next(3) == 0 ? Strings.Length : 5)];
                writer.WriteNullableString(field == 'n' && random.Next(3) == 0 ? null : any);
                break;
        }
    }
}
