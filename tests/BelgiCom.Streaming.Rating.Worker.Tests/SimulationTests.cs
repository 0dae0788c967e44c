using BelgiCom.Streaming.Contracts;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// The worker's state machine against a log in memory and a clock of its own: batches of any size, aborts, crashes before and after the
/// commit, rebalances between lanes, partitions lost while a slow broker holds the commit, resent usage. Whatever happens, what is on the
/// topics is what one undisturbed run gives. A failing seed is in the message and repeats the failure.
/// </summary>
public sealed class SimulationTests
{
    private const int Seeds = 1000;
    private const int SharedSeeds = 500;
    private const int Partitions = 3;
    private const int Subscribers = 6;

    [Fact]
    public void Disturbed_Run_GivesWhatAnUndisturbedRunGives()
    {
        int only = int.TryParse(Environment.GetEnvironmentVariable("BELGICOM_SEED"), out int seed) ? seed : -1;
        for (int number = only >= 0 ? only : 0; number < (only >= 0 ? only + 1 : Seeds); number++)
        {
            try
            {
                Simulate(number);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {number} (BELGICOM_SEED={number} repeats it): {failure.Message}", failure);
            }
        }
    }

    /// <summary>
    /// Members of two accounts on three partitions, with lanes that die, lose partitions and repeat batches on either hop: each usage has
    /// one outcome, and the shared bundle is exact after every record of the account's partition.
    /// </summary>
    [Fact]
    public void Disturbed_RunOfMembersWhoShare_IsExactAtEveryInstant()
    {
        int only = int.TryParse(Environment.GetEnvironmentVariable("BELGICOM_SEED"), out int seed) ? seed : -1;
        for (int number = only >= 0 ? only : 0; number < (only >= 0 ? only + 1 : SharedSeeds); number++)
        {
            try
            {
                SimulateShared(number);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {number} (BELGICOM_SEED={number} repeats it): {failure.Message}", failure);
            }
        }
    }

    private static void SimulateShared(int seed)
    {
        Random random = new(seed);
        RatingLanes lanes = new(Partitions) { Options = { CheckpointEvents = random.Next(1, 10) } };
        lanes.Publish(RatingLanes.Offering());
        lanes.Publish(RatingLanes.Family());
        for (int subscriber = 0; subscriber < Subscribers; subscriber++)
        {
            // The last of each account has an offering of its own.
            lanes.Subscribe(subscriber, subscriber % Partitions, subscriber < 4 ? "family" : "go", $"BE-{subscriber % 2}");
        }

        HashSet<int> sent = [];
        int events = random.Next(1, 80);
        for (int i = 0; i < events; i++)
        {
            int subscriber = random.Next(Subscribers);
            int id = (random.Next(1, 30) * Subscribers) + subscriber;
            sent.Add(id);
            lanes.Receive(RatingLanes.Data(id, new Random(id).Next(1, 300), subscriber), subscriber % Partitions);
        }

        new Disturbance(lanes, random).Run();

        Assert.Equal(sent.Order(), lanes.Rated.Select(one => (int)one.UsageId.Low).Order());
        Assert.All(lanes.Rejected, one => Assert.Equal(RejectedOutcome.Duplicate, one.Outcome));
        Assert.Equal(events, lanes.Rated.Count + lanes.Rejected.Count);
        foreach (IGrouping<string, UsageRated> account in lanes.Rated.Where(one => one.Offering == "family").GroupBy(one => one.Account))
        {
            long used = 0;
            foreach (UsageRated one in account)
            {
                Assert.Equal(lanes.PartitionOf(account.Key), one.ReceivedPartition);
                Assert.Equal(Math.Min(one.ChargedUnits, 1000 - used), one.BundleUnits);
                Assert.Equal((one.ChargedUnits - one.BundleUnits) * 0.01m, one.Amount);
                used += one.BundleUnits;
                Assert.True(one.BundleUnits == 0 || one.Meters.Any(meter => meter.Units == used), "no meter holds what is used");
            }
        }
    }

    private static void Simulate(int seed)
    {
        RatingLanes disturbed = Fill(seed);
        RatingLanes undisturbed = Fill(seed);
        RatingBatchHandler all = undisturbed.NewHandler(0, 1, 2);
        for (int partition = 0; partition < Partitions; partition++)
        {
            FakeTransaction transaction = new(undisturbed.Log);
            all.Handle(undisturbed.Batch(partition, 0, undisturbed.Log[Topics.UsageReceived, partition].Count), transaction);
            transaction.Commit();
            all.Committed();
        }

        new Disturbance(disturbed, new Random(seed)).Run();

        for (int partition = 0; partition < Partitions; partition++)
        {
            foreach (string topic in new[] { Topics.UsageRated, Topics.CustomerNotifications })
            {
                Assert.Equal(undisturbed.Log[topic, partition].Select(Text), disturbed.Log[topic, partition].Select(Text));
            }

            // Usage of unknown subscribers goes out at the end of its batch, after one more look at the reference data, so the order of
            // rejects depends on where batches end.
            Assert.Equal(
                undisturbed.Log[Topics.UsageRejected, partition].Select(Text).Order(),
                disturbed.Log[Topics.UsageRejected, partition].Select(Text).Order());
        }

        int received = Enumerable.Range(0, Partitions).Sum(partition => disturbed.Log[Topics.UsageReceived, partition].Count);
        Assert.Equal(received, disturbed.Rated.Count + disturbed.Rejected.Count);
    }

    private static string Text(FakeRecord record) => Convert.ToHexString(record.Key) + Convert.ToHexString(record.Value ?? []);

    private static RatingLanes Fill(int seed)
    {
        Random random = new(seed);
        RatingLanes lanes = new(Partitions) { Options = { CheckpointEvents = random.Next(1, 10) } };
        lanes.Publish(RatingLanes.Offering());
        lanes.Publish(RatingLanes.PriceList() with { Offering = "list" });
        for (int subscriber = 0; subscriber < Subscribers - 1; subscriber++)
        {
            lanes.Subscribe(subscriber, subscriber % Partitions, subscriber % 2 == 0 ? "go" : "list");
        }

        int events = random.Next(1, 120);
        for (int i = 0; i < events; i++)
        {
            int subscriber = random.Next(Subscribers);
            // Few ids, so that many come again; an id stands for its content.
            int id = (random.Next(1, 60) * Subscribers) + subscriber;
            Random content = new(id);
            byte[] value = RatingLanes.Value(
                Topics.UsageReceived,
                (content.Next(2) == 0
                    ? RatingLanes.Sms(id, subscriber)
                    : RatingLanes.Data(id, content.Next(0, 400), subscriber, content.Next(4) == 0 ? "310260" : "00101")).Write);
            lanes.Receive(random.Next(30) == 0 ? value[..random.Next(value.Length)] : value, subscriber % Partitions);
        }

        return lanes;
    }

    private sealed class Disturbance(RatingLanes lanes, Random random)
    {
        private readonly int[] _committed = new int[Partitions];
        private readonly int[] _owner = new int[Partitions];
        private readonly RatingBatchHandler[] _lanes = [lanes.NewHandler(), lanes.NewHandler()];

        // The batch that each lane has handled and whose commit it waits for.
        private readonly OpenBatch?[] _open = new OpenBatch?[2];

        public void Run()
        {
            for (int partition = 0; partition < Partitions; partition++)
            {
                _lanes[0].Assigned([Of(partition)]);
            }

            while (_open.Any(open => open is not null)
                || Enumerable.Range(0, Partitions).Any(partition => _committed[partition] < Received(partition)))
            {
                switch (random.Next(12))
                {
                    case 0:
                        Crash(random.Next(2));
                        break;
                    case 1:
                        Move(random.Next(Partitions));
                        break;
                    case 2:
                        lanes.Clock.Advance(TimeSpan.FromMinutes(random.Next(50)));
                        break;
                    default:
                        Step(random.Next(2));
                        break;
                }
            }
        }

        private static TopicPartition Of(int partition) => new(Topics.UsageReceived, partition);

        private int Received(int partition) => lanes.Log[Topics.UsageReceived, partition].Count;

        private void Step(int lane)
        {
            if (_open[lane] is { } open)
            {
                End(lane, open);
            }
            else
            {
                Begin(lane);
            }
        }

        private void Begin(int lane)
        {
            int[] next = [.. _committed];
            List<(string, int, int, FakeRecord)> records = [];
            foreach (int partition in Owned(lane))
            {
                int count = random.Next(0, Math.Min(20, Received(partition) - _committed[partition]) + 1);
                for (int i = 0; i < count; i++, next[partition]++)
                {
                    records.Add(
                        (Topics.UsageReceived, partition, next[partition], lanes.Log[Topics.UsageReceived, partition][next[partition]]));
                }
            }

            if (records.Count > 0)
            {
                FakeTransaction transaction = new(lanes.Log);
                _lanes[lane].Handle(new FakeBatch(records), transaction);
                _open[lane] = new OpenBatch(transaction, [.. Owned(lane).Select(partition => (partition, next[partition]))]);
            }
        }

        private void End(int lane, OpenBatch open)
        {
            _open[lane] = null;
            if (open.Lost.Count > 0)
            {
                // Somebody else owns a partition of it: brokers refuse the offsets, and the lane learns it now.
                _lanes[lane].Aborted();
                _lanes[lane].Revoked([.. open.Lost.Select(Of)]);
                return;
            }

            switch (random.Next(6))
            {
                case 0:
                    _lanes[lane].Aborted();
                    return;
                case 1:
                    // The commit is durable, but the process dies before it hears of it.
                    Commit(open);
                    Crash(lane);
                    return;
                default:
                    Commit(open);
                    _lanes[lane].Committed();
                    return;
            }
        }

        private void Commit(OpenBatch open)
        {
            open.Transaction.Commit();
            foreach ((int partition, int next) in open.Next)
            {
                _committed[partition] = next;
            }
        }

        private IEnumerable<int> Owned(int lane) => Enumerable.Range(0, Partitions).Where(partition => _owner[partition] == lane);

        private void Crash(int lane)
        {
            _open[lane] = null;
            _lanes[lane] = lanes.NewHandler([.. Owned(lane)]);
        }

        /// <summary>
        /// A partition moves: given back in order between two batches, or lost, without the lane's knowledge, while a commit is on its way.
        /// </summary>
        private void Move(int partition)
        {
            int from = _owner[partition];
            if (_open[1 - from] is { } theirs && theirs.Lost.Contains(partition))
            {
                // The partition comes back to a lane that has not yet heard of losing it; the group tells the lane that first.
                End(1 - from, theirs);
            }

            if (_open[from] is { } open)
            {
                open.Lost.Add(partition);
            }
            else
            {
                _lanes[from].Revoked([Of(partition)]);
            }

            _owner[partition] = 1 - from;
            _lanes[1 - from].Assigned([Of(partition)]);
        }
    }

    private sealed record OpenBatch(FakeTransaction Transaction, IReadOnlyList<(int Partition, int Next)> Next)
    {
        /// <summary>Partitions that went to the other lane meanwhile.</summary>
        public List<int> Lost { get; } = [];
    }
}
