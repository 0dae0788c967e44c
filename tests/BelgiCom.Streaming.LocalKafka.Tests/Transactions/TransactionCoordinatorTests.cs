using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public sealed class TransactionCoordinatorTests : IDisposable
{
    private const string Id = "tx";
    private static readonly TopicPartitionName Data = new("data", 0);
    private static readonly TopicPartitionName Offsets = new(GroupStore.TopicName, 0);
    private readonly TemporaryFolder _directory = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Transaction_DecidedBeforeACrash_IsCompletedAtTheNextStart(bool commit)
    {
        using (Coordinator stopped = new(_directory.FullPath, _clock))
        {
            TransactionalProducer open = stopped.OpenTransaction();
            // The crash: the decision is on disk, no marker is.
            TransactionState decision = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort;
            stopped.StateLog.AppendFromBroker((open with { State = decision }).ToBatch(0));
        }

        using Coordinator next = new(_directory.FullPath, _clock);
        Assert.Equal(next.DataLog.EndOffset, next.DataLog.LastStableOffset);
        Assert.Equal(commit ? 0 : 1, next.DataLog.Slice(0, 1000, committedOnly: true).Aborted!.Count);
        Assert.Equal(commit ? 42 : null, next.Groups.Find("group", Data)?.Offset);
        Assert.False(next.Groups.IsPending("group", Data));
    }

    [Fact]
    public void Transaction_OpenAtACrash_IsStillOpen_AndTimesOut()
    {
        TransactionalProducer open;
        using (Coordinator stopped = new(_directory.FullPath, _clock))
        {
            open = stopped.OpenTransaction();
        }

        using Coordinator next = new(_directory.FullPath, _clock);
        Assert.Equal(0, next.DataLog.LastStableOffset);
        Assert.True(next.Groups.IsPending("group", Data));
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, next.DataLog.LastStableOffset);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(next.DataLog.EndOffset, next.DataLog.LastStableOffset);
        Assert.False(next.Groups.IsPending("group", Data));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, next.Transactions.End(Id, open.ProducerId, open.Epoch, commit: true));
    }

    [Fact]
    public void Batch_ThatArrivesAfterItsTransactionHasEnded_IsRefused()
    {
        using Coordinator coordinator = new(_directory.FullPath, _clock);
        TransactionalProducer open = coordinator.OpenTransaction();
        Assert.Equal(ErrorCode.None, coordinator.Transactions.End(Id, open.ProducerId, open.Epoch, commit: true));

        byte[] late = Batches.Idempotent(open.ProducerId, open.Epoch, 1, transactional: true);

        Assert.Equal(ErrorCode.InvalidTransactionState, coordinator.DataLog.AppendFromClient(late).Error);
        Assert.Equal(coordinator.DataLog.EndOffset, coordinator.DataLog.LastStableOffset);
    }

    [Fact]
    public void Init_RaisesTheEpoch_UntilANewProducerIdIsNeeded()
    {
        using Coordinator coordinator = new(_directory.FullPath, _clock);
        InitResult first = coordinator.Transactions.Init(Id, 10_000, -1, -1);
        InitResult last = first;
        for (int i = 0; i < short.MaxValue - 1; i++)
        {
            last = coordinator.Transactions.Init(Id, 10_000, -1, -1);
        }

        Assert.Equal((first.ProducerId, (short)(short.MaxValue - 1)), (last.ProducerId, last.Epoch));
        InitResult next = coordinator.Transactions.Init(Id, 10_000, -1, -1);
        Assert.NotEqual(first.ProducerId, next.ProducerId);
        Assert.Equal(0, next.Epoch);
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, coordinator.Transactions.Check(Id, first.ProducerId, last.Epoch));
    }

    [Fact]
    public void Init_ByWhoWasFenced_IsRefused_AndRepeatedByTheOwner_GivesTheSameEpoch()
    {
        using Coordinator coordinator = new(_directory.FullPath, _clock);
        InitResult zombie = coordinator.Transactions.Init(Id, 10_000, -1, -1);
        InitResult owner = coordinator.Transactions.Init(Id, 10_000, -1, -1);
        InitResult bumped = coordinator.Transactions.Init(Id, 10_000, owner.ProducerId, owner.Epoch);
        InitResult repeated = coordinator.Transactions.Init(Id, 10_000, owner.ProducerId, owner.Epoch);

        Assert.Equal(bumped, repeated);
        Assert.Equal(ErrorCode.ProducerFenced, coordinator.Transactions.Init(Id, 10_000, zombie.ProducerId, zombie.Epoch).Error);
    }

    [Fact]
    public void ProducerIds_AreNeverGivenTwice()
    {
        HashSet<long> seen = new();
        for (int start = 0; start < 3; start++)
        {
            ProducerIds ids = new(_directory.FullPath);
            for (int i = 0; i < 1500; i++)
            {
                Assert.True(seen.Add(ids.Next()));
            }
        }
    }

    /// <summary>The coordinator with the parts it works on, as a broker that was just started has them.</summary>
    private sealed class Coordinator : IDisposable
    {
        private readonly TopicStore _topics;

        public Coordinator(string directory, TimeProvider clock)
        {
            LogSettings settings = new(clock, FlushEachBatch: false, _ => { });
            _topics = new TopicStore(directory, settings, defaultPartitions: 1);
            _topics.Create(Data.Topic, 1, TopicConfig.Default, validateOnly: false);
            Groups = new GroupStore(_topics, settings);
            LocalKafkaOptions options = new() { DataDirectory = directory };
            Transactions = new TransactionCoordinator(_topics, Groups, new ProducerIds(directory), settings, options);
        }

        public GroupStore Groups { get; }

        public TransactionCoordinator Transactions { get; }

        public PartitionLog DataLog => _topics.Find(Data.Topic, 0)!;

        public PartitionLog StateLog => _topics.Find(TransactionCoordinator.TopicName, 0)!;

        /// <summary>A transaction with one record and one offset, and a timeout of ten seconds.</summary>
        public TransactionalProducer OpenTransaction()
        {
            InitResult init = Transactions.Init(Id, 10_000, -1, -1);
            Assert.Equal(ErrorCode.None, Transactions.AddPartitions(Id, init.ProducerId, init.Epoch, [Data, Offsets]));
            Assert.Equal(
                ErrorCode.None, DataLog.AppendFromClient(Batches.Idempotent(init.ProducerId, init.Epoch, 0, transactional: true)).Error);
            OffsetRecord[] offsets = [new OffsetRecord("group", Data, new CommittedOffset(42, -1, ""))];
            Assert.Equal(ErrorCode.None, Groups.CommitInTransaction(offsets, init.ProducerId, init.Epoch));
            return new TransactionalProducer(Id)
            {
                ProducerId = init.ProducerId,
                Epoch = init.Epoch,
                TimeoutMs = 10_000,
                State = TransactionState.Ongoing,
                Partitions = new HashSet<TopicPartitionName> { Data, Offsets },
                StartedMs = 0,
            };
        }

        public void Dispose()
        {
            Transactions.Dispose();
            _topics.Dispose();
        }
    }
}
