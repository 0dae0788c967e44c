using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>
/// The worker's state machine against a log in memory: batches of any size, aborts, crashes before and after the commit, rebalances between lanes, resent usage.
/// Whatever happens, what is on the topics is what one undisturbed run gives. A failing seed is in the message and repeats the failure.
/// </summary>
public sealed class SimulationTests
{
    private const int Seeds = 1000;
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

    private static void Simulate(int seed)
    {
        Bench disturbed = Fill(seed);
        Bench undisturbed = Fill(seed);
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

            // Usage of unknown subscribers goes out at the end of its batch, after one more look at the reference data, so the order of rejects depends on where batches end.
            Assert.Equal(undisturbed.Log[Topics.UsageRejected, partition].Select(Text).Order(), disturbed.Log[Topics.UsageRejected, partition].Select(Text).Order());
        }

        int received = Enumerable.Range(0, Partitions).Sum(partition => disturbed.Log[Topics.UsageReceived, partition].Count);
        Assert.Equal(received, disturbed.Rated.Count + disturbed.Rejected.Count);
    }

    private static string Text(FakeRecord record) => Convert.ToHexString(record.Key) + Convert.ToHexString(record.Value ?? []);

    private static Bench Fill(int seed)
    {
        Random random = new(seed);
        Bench bench = new(Partitions) { Options = { CheckpointEvents = random.Next(1, 10) } };
        bench.Publish(Bench.Offering());
        for (int subscriber = 0; subscriber < Subscribers - 1; subscriber++)
        {
            bench.Subscribe(subscriber, subscriber % Partitions);
        }

        int events = random.Next(1, 120);
        for (int i = 0; i < events; i++)
        {
            int subscriber = random.Next(Subscribers);
            // Few ids, so that many come again; an id stands for its content.
            int id = (random.Next(1, 60) * Subscribers) + subscriber;
            Random content = new(id);
            byte[] value = bench.Value(Topics.UsageReceived, (content.Next(2) == 0 ? Bench.Sms(id, subscriber) : Bench.Data(id, content.Next(0, 400), subscriber, content.Next(4) == 0 ? "310260" : "00101")).Write);
            bench.Receive(random.Next(30) == 0 ? value[..random.Next(value.Length)] : value, subscriber % Partitions);
        }

        return bench;
    }

    private sealed class Disturbance(Bench bench, Random random)
    {
        private readonly int[] _committed = new int[Partitions];
        private readonly int[] _owner = new int[Partitions];
        private readonly RatingBatchHandler[] _lanes = [bench.NewHandler(), bench.NewHandler()];

        public void Run()
        {
            for (int partition = 0; partition < Partitions; partition++)
            {
                _lanes[0].Assigned([Of(partition)]);
            }

            while (Enumerable.Range(0, Partitions).Any(partition => _committed[partition] < Received(partition)))
            {
                switch (random.Next(10))
                {
                    case 0:
                        Crash(random.Next(2));
                        break;
                    case 1:
                        Move(random.Next(Partitions));
                        break;
                    default:
                        Step(random.Next(2));
                        break;
                }
            }
        }

        private static TopicPartition Of(int partition) => new(Topics.UsageReceived, partition);

        private int Received(int partition) => bench.Log[Topics.UsageReceived, partition].Count;

        private void Step(int lane)
        {
            int[] next = [.. _committed];
            List<(string, int, int, FakeRecord)> records = [];
            foreach (int partition in Enumerable.Range(0, Partitions).Where(partition => _owner[partition] == lane))
            {
                int count = random.Next(0, Math.Min(20, Received(partition) - _committed[partition]) + 1);
                for (int i = 0; i < count; i++, next[partition]++)
                {
                    records.Add((Topics.UsageReceived, partition, next[partition], bench.Log[Topics.UsageReceived, partition][next[partition]]));
                }
            }

            if (records.Count == 0)
            {
                return;
            }

            FakeTransaction transaction = new(bench.Log);
            _lanes[lane].Handle(new FakeBatch(records), transaction);
            switch (random.Next(6))
            {
                case 0:
                    _lanes[lane].Aborted();
                    return;
                case 1:
                    // The commit is durable, but the process dies before it hears of it.
                    transaction.Commit();
                    next.CopyTo(_committed, 0);
                    Crash(lane);
                    return;
                default:
                    transaction.Commit();
                    next.CopyTo(_committed, 0);
                    _lanes[lane].Committed();
                    return;
            }
        }

        private void Crash(int lane) =>
            _lanes[lane] = bench.NewHandler([.. Enumerable.Range(0, Partitions).Where(partition => _owner[partition] == lane)]);

        private void Move(int partition)
        {
            int from = _owner[partition];
            _lanes[from].Revoked([Of(partition)]);
            _owner[partition] = 1 - from;
            _lanes[1 - from].Assigned([Of(partition)]);
        }
    }
}
