using System.Buffers.Binary;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class PartitionLogTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _directory = new();
    private readonly FakeTimeProvider _clock = new(Start);
    private readonly List<string> _reports = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Log_CutAtAnyByte_OpensWithTheWholeBatchesBeforeTheCut()
    {
        byte[][] batches = [Batches.Plain(("a", "1")), Batches.Plain(("b", "2"), ("c", "3")), Batches.Plain(("d", "4"))];
        using (PartitionLog log = Open())
        {
            Array.ForEach(batches, batch => log.AppendFromClient([.. batch]));
        }

        string file = Directory.GetFiles(_directory.FullPath, "*.log").Single();
        byte[] whole = File.ReadAllBytes(file);
        for (int length = whole.Length - 1; length >= 0; length--)
        {
            File.WriteAllBytes(file, whole[..length]);
            long expected = length >= batches[0].Length + batches[1].Length ? 3 : length >= batches[0].Length ? 1 : 0;
            using PartitionLog log = Open();
            Assert.Equal(expected, log.EndOffset);
            Assert.Equal(expected, log.AppendFromClient(Batches.Plain(("e", "5"))).BaseOffset);
        }
    }

    [Fact]
    public void Log_DamagedInTheLastSegment_IsCutThereAndSaysSo()
    {
        using (PartitionLog log = Open())
        {
            log.AppendFromClient(Batches.Plain(("a", "1")));
            log.AppendFromClient(Batches.Plain(("b", "2")));
        }

        string file = Directory.GetFiles(_directory.FullPath, "*.log").Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        using PartitionLog reopened = Open();
        Assert.Equal(1, reopened.EndOffset);
        Assert.Contains("topic[0]@1", _reports.Single(), StringComparison.Ordinal);
    }

    /// <summary>
    /// One bit is changed anywhere in a batch that others follow. To cut the log there would delete what was acknowledged, as if it were an
    /// unfinished tail.
    /// </summary>
    [Fact]
    public void Log_DamagedBeforeWholeBatches_DoesNotOpenAndLosesNothing()
    {
        const int LeaderEpochAt = 12, LeaderEpochEnd = 16;
        byte[][] batches = [Batches.Plain(("a", "1")), Batches.Plain(("b", "2"), ("c", "3")), Batches.Plain(("d", "4"))];
        using (PartitionLog log = Open())
        {
            Array.ForEach(batches, batch => log.AppendFromClient([.. batch]));
        }

        string file = Directory.GetFiles(_directory.FullPath, "*.log").Single();
        byte[] whole = File.ReadAllBytes(file);
        for (int octet = 0; octet < batches[0].Length + batches[1].Length; octet++)
        {
            int inBatch = octet < batches[0].Length ? octet : octet - batches[0].Length;
            if (inBatch is >= LeaderEpochAt and < LeaderEpochEnd)
            {
                // Nothing reads the leader epoch.
                continue;
            }

            byte[] damaged = [.. whole];
            damaged[octet] ^= 0x40;
            File.WriteAllBytes(file, damaged);

            LocalKafkaException? fault = Record.Exception(() => Open().Dispose()) as LocalKafkaException;

            Assert.True(fault is not null, $"octet {octet} was not found");
            Assert.Contains("is damaged at byte", fault.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(file));
        }
    }

    [Fact]
    public void Log_DamagedInAClosedSegment_DoesNotOpen()
    {
        TopicConfig config = Config(("segment.bytes", "100"));
        using (PartitionLog log = Open(config))
        {
            log.AppendFromClient(Batches.Plain(("a", "1")));
            log.AppendFromClient(Batches.Plain(("b", "2")));
        }

        string first = Directory.GetFiles(_directory.FullPath, "*.log").Order(StringComparer.Ordinal).First();
        byte[] bytes = File.ReadAllBytes(first);
        bytes[^1] ^= 1;
        File.WriteAllBytes(first, bytes);

        LocalKafkaException fault = Assert.Throws<LocalKafkaException>(() => Open(config));
        Assert.Contains("topic[0]: 00000000000000000000.log is damaged", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_SentAgain_GetsItsFirstOffset_EvenAfterARestart()
    {
        using (PartitionLog log = Open())
        {
            for (int sequence = 0; sequence < 6; sequence++)
            {
                Assert.Equal(sequence, log.AppendFromClient(Batches.Idempotent(7, 0, sequence)).BaseOffset);
            }

            Assert.Equal(1, log.AppendFromClient(Batches.Idempotent(7, 0, 1)).BaseOffset);
        }

        using PartitionLog reopened = Open();
        Assert.Equal(3, reopened.AppendFromClient(Batches.Idempotent(7, 0, 3)).BaseOffset);
        Assert.Equal(6, reopened.EndOffset);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, reopened.AppendFromClient(Batches.Idempotent(7, 0, 0)).Error);
    }

    [Fact]
    public void Sequence_WithAGap_IsRefused()
    {
        using PartitionLog log = Open();
        log.AppendFromClient(Batches.Idempotent(7, 0, 0, count: 3));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.AppendFromClient(Batches.Idempotent(7, 0, 4)).Error);
        Assert.Equal(ErrorCode.None, log.AppendFromClient(Batches.Idempotent(7, 0, 3)).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, log.AppendFromClient(Batches.Idempotent(7, 1, 4)).Error);
        Assert.Equal(ErrorCode.None, log.AppendFromClient(Batches.Idempotent(7, 1, 0)).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, log.AppendFromClient(Batches.Idempotent(7, 0, 4)).Error);
    }

    [Fact]
    public void Sequence_AtItsEnd_GoesOnFromZero()
    {
        using PartitionLog log = Open();
        log.AppendFromClient(Batches.Idempotent(7, 0, int.MaxValue - 1, count: 2));
        Assert.Equal(ErrorCode.None, log.AppendFromClient(Batches.Idempotent(7, 0, 0)).Error);
    }

    [Fact]
    public void LastStableOffset_WaitsForTheOldestOpenTransaction_EvenAfterARestart()
    {
        using (PartitionLog log = Open())
        {
            log.AppendFromClient(Batches.Plain(("a", "1")));
            log.AppendFromClient(Batches.Idempotent(7, 0, 0, transactional: true));
            log.AppendFromClient(Batches.Idempotent(8, 0, 0, transactional: true));
            log.AppendFromBroker(TransactionMarker.Build(8, 0, commit: false, 0));
            Assert.Equal((1, 4), (log.LastStableOffset, log.EndOffset));
        }

        using PartitionLog reopened = Open();
        Assert.Equal((1, 4), (reopened.LastStableOffset, reopened.EndOffset));
        reopened.AppendFromBroker(TransactionMarker.Build(7, 0, commit: true, 0));
        Assert.Equal(5, reopened.LastStableOffset);
        LogSlice slice = reopened.Slice(0, 1_000_000, committedOnly: true);
        Assert.Equal([new AbortedTransaction(8, 2, 3)], slice.Aborted!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WaitingFetch_InsideAnOpenTransaction_WakesOnlyWhoReadsUncommitted(bool committedOnly)
    {
        using PartitionLog log = Open();
        log.AppendFromClient(Batches.Idempotent(7, 0, 0, transactional: true));
        using FetchSignal signal = new(committedOnly);
        log.AddWaiter(signal);
        log.AppendFromClient(Batches.Idempotent(7, 0, 1, transactional: true));
        Assert.Equal(!committedOnly, signal.IsRaised);
        log.AppendFromBroker(TransactionMarker.Build(7, 0, commit: true, 0));
        Assert.True(signal.IsRaised);
    }

    [Fact]
    public void Retention_ByTime_FollowsTheClock()
    {
        using PartitionLog log = Open(Config(("retention.ms", "3600000"), ("segment.bytes", "100")));
        for (int i = 0; i < 3; i++)
        {
            log.AppendFromClient(Batches.At(Now(), ("k", $"{i}")));
            _clock.Advance(TimeSpan.FromMinutes(30));
        }

        log.ApplyRetention();
        Assert.Equal(1, log.LogStartOffset);
        _clock.Advance(TimeSpan.FromHours(2));
        log.ApplyRetention();
        Assert.Equal((3, 3), (log.LogStartOffset, log.EndOffset));
        Assert.Equal(3, log.AppendFromClient(Batches.At(Now(), ("k", "v"))).BaseOffset);
    }

    [Fact]
    public void DeletedRecords_StayDeletedAfterARestart()
    {
        using (PartitionLog log = Open())
        {
            log.AppendFromClient(Batches.Plain(("a", "1"), ("b", "2"), ("c", "3")));
            Assert.Equal((ErrorCode.None, 2L), log.DeleteRecordsBefore(2));
        }

        using PartitionLog reopened = Open();
        Assert.Equal(2, reopened.LogStartOffset);
        Assert.Equal(ErrorCode.OffsetOutOfRange, reopened.Slice(1, 1000, committedOnly: false).Error);
    }

    [Fact]
    public void Compaction_LeavesOutAbortedAndSuperseded_AndASequenceThatGoesOn()
    {
        TopicConfig config = Config(("cleanup.policy", "compact"), ("segment.bytes", "400"), ("delete.retention.ms", "0"));
        using (PartitionLog log = Open(config))
        {
            log.AppendFromClient(Batches.Idempotent(7, 0, 0, transactional: true));
            log.AppendFromBroker(TransactionMarker.Build(7, 0, commit: true, Now()));
            log.AppendFromClient(Batches.Idempotent(8, 0, 0, transactional: true));
            log.AppendFromBroker(TransactionMarker.Build(8, 0, commit: false, Now()));
            log.AppendFromClient(Batches.Idempotent(9, 0, 0));
            for (int i = 0; i < 8; i++)
            {
                log.AppendFromClient(Batches.Plain(("other", $"{i} {new string('x', 150)}")));
            }

            _clock.Advance(TimeSpan.FromHours(1));
            log.Compact();
            // The last segment is never compacted, so its record does not supersede the one before it.
            Assert.Equal(["0=9/0", "other=6", "other=7"], Records(log));
        }

        using PartitionLog reopened = Open(config);
        Assert.Equal(["0=9/0", "other=6", "other=7"], Records(reopened));
        Assert.Equal(reopened.EndOffset, reopened.LastStableOffset);
        Assert.Equal(ErrorCode.None, reopened.AppendFromClient(Batches.Idempotent(9, 0, 1)).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, reopened.AppendFromClient(Batches.Idempotent(7, 0, 2)).Error);
    }

    [Theory]
    [InlineData("empty", nameof(ErrorCode.CorruptMessage))]
    [InlineData("magic", nameof(ErrorCode.UnsupportedForMessageFormat))]
    [InlineData("checksum", nameof(ErrorCode.CorruptMessage))]
    [InlineData("two batches", nameof(ErrorCode.InvalidRecord))]
    [InlineData("control", nameof(ErrorCode.InvalidRecord))]
    [InlineData("future", nameof(ErrorCode.InvalidTimestamp))]
    [InlineData("two thousand million records", nameof(ErrorCode.InvalidRecord))]
    [InlineData("a record less than it holds", nameof(ErrorCode.InvalidRecord))]
    [InlineData("a record more than it holds", nameof(ErrorCode.InvalidRecord))]
    [InlineData("octets behind its records", nameof(ErrorCode.InvalidRecord))]
    public void Batch_ThatIsNotOne_IsRefused(string fault, string expected)
    {
        byte[] good = Batches.At(Now(), ("a", "1"));
        byte[] bad = fault switch
        {
            "empty" => [],
            "magic" => [.. good[..16], 1, .. good[17..]],
            "checksum" => [.. good[..^1], (byte)(good[^1] ^ 1)],
            "two batches" => [.. good, .. good],
            "two thousand million records" => Claiming(good, int.MaxValue),
            "a record less than it holds" => Claiming(Batches.At(Now(), ("a", "1"), ("b", "2")), 1),
            "a record more than it holds" => Claiming(good, 2),
            "octets behind its records" => Longer(good),
            "control" => TransactionMarker.Build(1, 0, commit: true, Now()).ToArray(),
            _ => Batches.At(Now() + 7_200_000, ("a", "1")),
        };
        using PartitionLog log = Open();
        Assert.Equal(expected, log.AppendFromClient(bad).Error.ToString());
        Assert.Equal(0, log.EndOffset);
    }

    /// <summary>A small batch may be one of gigabytes. What compaction opens is bounded to the octet, whatever the compression.</summary>
    [Theory]
    [InlineData(nameof(CompressionCodec.Gzip))]
    [InlineData(nameof(CompressionCodec.Lz4))]
    [InlineData(nameof(CompressionCodec.Zstd))]
    public void Batch_ThatExpandsBeyondTheBound_IsRefusedAsTooLarge(string codec)
    {
        CompressionCodec compression = Enum.Parse<CompressionCodec>(codec);
        byte[] bound = Batches.At(Now(), ("k", new string('v', BatchOpener.MaxOpenedBytes - 100)));
        int missing = BatchOpener.MaxOpenedBytes - (bound.Length - RecordBatch.HeaderSize);
        bound = Batches.At(Now(), ("k", new string('v', BatchOpener.MaxOpenedBytes - 100 + missing)));
        byte[] over = Batches.At(Now(), ("k", new string('v', BatchOpener.MaxOpenedBytes - 100 + missing + 1)));
        Assert.Equal(BatchOpener.MaxOpenedBytes, bound.Length - RecordBatch.HeaderSize);
        using PartitionLog log = Open(Config(("retention.ms", "-1"), ("cleanup.policy", "compact")));

        Assert.Equal(ErrorCode.MessageTooLarge, log.AppendFromClient(RequestFrames.Batch(over, compression)).Error);
        Assert.Equal(0, log.EndOffset);
        Assert.Equal(ErrorCode.None, log.AppendFromClient(RequestFrames.Batch(bound, compression)).Error);
    }

    /// <summary>Compaction could not open it, and would stop there for ever.</summary>
    [Fact]
    public void Batch_ThatCannotBeOpened_IsRefusedByACompactedTopic()
    {
        byte[] damaged = RequestFrames.Batch(Batches.At(Now(), ("a", "1")), CompressionCodec.Gzip);
        damaged.AsSpan(RecordBatch.HeaderSize).Clear();
        using PartitionLog log = Open(Config(("retention.ms", "-1"), ("cleanup.policy", "compact")));

        Assert.Equal(ErrorCode.InvalidRecord, log.AppendFromClient(RequestFrames.Sealed(damaged)).Error);
    }

    private static byte[] Claiming(byte[] batch, int records)
    {
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), records - 1);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), records);
        new RecordBatch(batch).Seal();
        return batch;
    }

    private static byte[] Longer(byte[] batch)
    {
        byte[] longer = [.. batch, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(longer.AsSpan(8), longer.Length - RecordBatch.LengthOverhead);
        new RecordBatch(longer).Seal();
        return longer;
    }

    private static TopicConfig Config(params (string Name, string Value)[] settings) =>
        new(settings.ToDictionary(entry => entry.Name, entry => entry.Value));

    private static List<string> Records(PartitionLog log)
    {
        List<string> found = new();
        log.Scan(0, batch =>
        {
            RecordReader records = new(batch.Records);
            while (!batch.IsControl && records.TryReadNext())
            {
                string value = System.Text.Encoding.UTF8.GetString(records.Value);
                found.Add($"{System.Text.Encoding.UTF8.GetString(records.Key)}={value.Split(' ')[0]}");
            }

            return true;
        });
        return found;
    }

    private long Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private PartitionLog Open(TopicConfig? config = null)
    {
        LogSettings settings = new(_clock, FlushEachBatch: false, _reports.Add);
        return PartitionLog.Open("topic", 0, _directory.FullPath, config ?? Config(("retention.ms", "-1")), settings);
    }
}
