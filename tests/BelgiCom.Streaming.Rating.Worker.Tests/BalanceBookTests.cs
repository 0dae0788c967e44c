using System.Globalization;
using BelgiCom.Streaming.Contracts;
using Confluent.Kafka;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>What the reader beside the lanes says of money, bundles and limits, against sums that the test keeps by itself.</summary>
public sealed class BalanceBookTests
{
    private const int Partitions = 4;
    private const int Plain = 1;
    private const int Listed = 2;
    private const int MemberOne = 5;
    private const int MemberTwo = 6;
    private const string Abroad = "310260";
    private const long FairUse = 300;

    // Who: one of four subscribers; what: 0 a message, 1 data at home, 2 data abroad, 3 a call, 4 a top-up, 5 a debit; how much; and what
    // happens then: 0 the lane dies, 1 the batch is aborted first, 2 the reader begins anew.
    private static readonly Gen<(int Who, int What, int Amount, int Fate)[]> AnySteps =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[1, 400], Gen.Int[0, 9]).Array[1, 40];

    [Fact]
    public void AnyUsageAndOrders_AreReadExactly() => AnySteps.Sample(steps =>
    {
        World world = new();
        Dictionary<int, Sums> model = new() { [Plain] = new(), [Listed] = new(), [MemberOne] = new(), [MemberTwo] = new() };
        long shared = 0;
        int id = 0;
        foreach ((int place, int what, int amount, int fate) in steps)
        {
            int who = new[] { Plain, Listed, MemberOne, MemberTwo }[place];
            Sums sums = model[who];
            id++;
            if (what < 4)
            {
                UsageReceived usage = what switch
                {
                    0 => RatingLanes.Sms(id, who),
                    3 => RatingLanes.Data(id, -1, who) with
                    {
                        Kind = Contracts.UsageKind.Voice,
                        TotalOctets = -1,
                        UplinkOctets = -1,
                        DownlinkOctets = -1,
                        DurationSeconds = amount,
                    },
                    _ => RatingLanes.Data(id, amount, who, what == 2 ? Abroad : "00101"),
                };
                world.Use(usage, who, fate);
                sums.Add(what, amount);
                shared += who >= MemberOne && what is 1 or 2 ? amount : 0;
            }
            else if (who < MemberOne)
            {
                long nanos = amount * 1_000_000L;
                MoneyOutcome outcome = world.Order(
                    what == 4 ? BalanceOperationKind.TopUp : BalanceOperationKind.Debit, who, nanos, id, fate);
                sums.Money += outcome is MoneyOutcome.Done or MoneyOutcome.Repeated ? what == 4 ? nanos : -nanos : 0;
            }

            if (fate == 2)
            {
                world.ReadAnew();
            }

            world.Book.ReadOn();
            foreach ((int subscriber, Sums expected) in model)
            {
                (MoneyBalance? money, SubscriberBalances? balances) = world.Read(subscriber);
                IReadOnlyList<UsageRated> rated = [.. world.Rated(subscriber)];
                Assert.Equal(expected.Count, rated.Count);
                long spent = rated.Sum(one => Nanos.FromDecimal(one.Amount));
                Assert.Equal(subscriber < MemberOne ? expected.Money - spent : null, money?.Nanos);

                Dictionary<string, BundleBalance> bundles = balances!.Bundles.ToDictionary(bundle => bundle.Name);
                if (subscriber == Plain)
                {
                    AssertBundle(bundles["Data"], 1000, expected.Octets);
                }
                else
                {
                    AssertBundle(bundles["texts"], 3, expected.Messages);
                    AssertBundle(bundles[subscriber == Listed ? "gift" : "gb"], 1000, subscriber == Listed ? expected.Octets : shared);
                }

                if (subscriber == Listed)
                {
                    // 100 seconds a month, and 50 that February leaves.
                    AssertBundle(bundles["roll"], 150, expected.Seconds);
                    Assert.Equal((FairUse, expected.CoveredAbroad), bundles["gift"].FairUse);
                }
                else if (subscriber >= MemberOne)
                {
                    // The whole month, by days that the account's partition does not know.
                    AssertBundle(bundles["part"], 300, expected.Seconds);
                }

                Assert.Equal(spent, balances.SpendNanos);
                Assert.Equal(
                    rated.Where(one => one.ServingPlmn == Abroad).Sum(one => Nanos.FromDecimal(one.Amount)),
                    balances.Limits.First(limit => limit.Scope == SpendScope.RoamingData).SpentNanos);
                Assert.Equal(
                    rated.Where(one => one.ServingPlmn != Abroad).Sum(one => Nanos.FromDecimal(one.Amount)),
                    balances.Limits.First(limit => limit.Scope == SpendScope.Domestic).SpentNanos);
            }
        }
    }, iter: 600);

    private static void AssertBundle(BundleBalance bundle, long granted, long used) => Assert.Equal(
        (granted, Math.Min(granted, used), granted - Math.Min(granted, used), 0L),
        (bundle.Granted!.Value, bundle.Used, bundle.Left!.Value, bundle.Held));

    /// <summary>What a subscriber used, and its money without usage.</summary>
    private sealed class Sums
    {
        public long Octets { get; private set; }

        /// <summary>What a bundle of 1,000 octets covered abroad.</summary>
        public long CoveredAbroad { get; private set; }

        public long Messages { get; private set; }

        public long Seconds { get; private set; }

        public int Count { get; private set; }

        public long Money { get; set; }

        public void Add(int what, int amount)
        {
            Count++;
            Messages += what == 0 ? 1 : 0;
            CoveredAbroad += what == 2 ? Math.Clamp(1000 - Octets, 0, amount) : 0;
            Octets += what is 1 or 2 ? amount : 0;
            Seconds += what == 3 ? amount : 0;
        }
    }

    /// <summary>One lane of all partitions, and a reader beside it.</summary>
    private sealed class World
    {
        private readonly RatingLanes _lanes = new(Partitions);
        private readonly int[] _received = new int[Partitions];
        private OnlineRouter _router = null!;

        public World()
        {
            OfferingPrice call = RatingLanes.Offering().Prices[1] with
            {
                Kind = Contracts.UsageKind.Voice,
                Unit = Contracts.PriceUnit.Second,
                UnitSize = 1,
                UnitPrice = 0.001m,
            };
            _lanes.Publish(RatingLanes.Prepaid() with { Prices = [.. RatingLanes.Offering().Prices, call] });
            _lanes.Publish(RatingLanes.PriceList() with
            {
                Offering = "list",
                PaymentMethod = PaymentMethod.PrePaid,
                Prices = [.. RatingLanes.PriceList().Prices, call with { Id = "calls" }],
                Bundles =
                [
                    RatingLanes.PriceList().Bundles[0],
                    RatingLanes.PriceList().Bundles[1] with
                    {
                        FairUseZone = "world",
                        FairUse = [new FairUseVolume { From = RatingLanes.Now.AddDays(-300), Units = FairUse }],
                    },
                    new Bundle { Id = "roll", Kind = Contracts.UsageKind.Voice, Units = 100, RolloverMaximum = 50 },
                ],
            });
            _lanes.Publish(RatingLanes.Family() with
            {
                Prices = [.. RatingLanes.Family().Prices, call with { Id = "calls" }],
                Bundles =
                [
                    .. RatingLanes.Family().Bundles,
                    new Bundle { Id = "part", Kind = Contracts.UsageKind.Voice, Units = 300, ProRataStep = 1 },
                ],
            });
            _lanes.Subscribe(Plain, Plain % Partitions);
            _lanes.Subscribe(Listed, Listed % Partitions, "list");
            _lanes.Subscribe(MemberOne, MemberOne % Partitions, "family", "BE-F");
            _lanes.Subscribe(MemberTwo, MemberTwo % Partitions, "family", "BE-F");
            Restart();
            ReadAnew();
        }

        public BalanceBook Book { get; private set; } = null!;

        private RatingBatchHandler Handler { get; set; } = null!;

        public void ReadAnew()
        {
            RatingTopics topics = RatingTopics.OpenAsync(_lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
            Book = new BalanceBook(_lanes.Log, _lanes.Options, topics, _lanes.Clock, NullLogger.Instance);
            Book.Restore();
        }

        public (MoneyBalance? Money, SubscriberBalances? Balances) Read(int subscriber)
        {
            Assert.True(Book.TryFind(RatingLanes.Subscriber(subscriber), out UInt128 found));
            return Book.BalancesOf(found);
        }

        public IEnumerable<UsageRated> Rated(int subscriber) =>
            _lanes.Rated.Where(one => one.SubscriberRef == RatingLanes.Subscriber(subscriber));

        public MoneyOutcome Order(BalanceOperationKind kind, int subscriber, long nanos, int id, int fate)
        {
            UInt128 reference = UsageEvents.ToNumber(RatingLanes.Subscriber(subscriber));
            MoneyOrder order = new(
                OperationKey.IdOf(reference, id.ToString(CultureInfo.InvariantCulture)), kind, reference, nanos, Currency.Of("EUR"u8),
                "shop", "TEST");
            MoneyWork work = new(order, subscriber % Partitions);
            _router.Send(work);
            Assert.True(Handler.HasIdleWork(isLeaving: false));
            FakeTransaction transaction = new(_lanes.Log);
            Handler.HandleIdle(transaction);
            transaction.Commit();
            Handler.Committed();
            if (fate == 0)
            {
                Restart();
            }

            return work.Answer.Result.Answer.Outcome;
        }

        /// <summary>Lets usage come, and rates all that follows from it, the second hop of members included.</summary>
        public void Use(UsageReceived usage, int subscriber, int fate)
        {
            _lanes.Receive(usage, subscriber % Partitions);
            for (int left = 1; left > 0;)
            {
                left = 0;
                for (int partition = 0; partition < Partitions; partition++)
                {
                    List<FakeRecord> received = _lanes.Log[Topics.UsageReceived, partition];
                    if (_received[partition] == received.Count)
                    {
                        continue;
                    }

                    left++;
                    FakeBatch batch = new([.. Enumerable.Range(_received[partition], received.Count - _received[partition])
                        .Select(offset => (Topics.UsageReceived, partition, offset, received[offset]))]);
                    if (fate == 1)
                    {
                        Handler.Handle(batch, new FakeTransaction(_lanes.Log));
                        Handler.Aborted();
                    }

                    FakeTransaction transaction = new(_lanes.Log);
                    Handler.Handle(batch, transaction);
                    transaction.Commit();
                    Handler.Committed();
                    _received[partition] += batch.Count;
                }
            }

            if (fate == 0)
            {
                Restart();
            }
        }

        private void Restart()
        {
            RatingTopics topics = RatingTopics.OpenAsync(_lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
            _router = new OnlineRouter();
            Handler = new RatingBatchHandler(
                _lanes.Log, _lanes.Options, topics, _lanes.Clock, NullLogger.Instance,
                new OnlineLane(_router, _lanes.Options.Online, _lanes.Clock));
            Handler.Assigned([.. Enumerable.Range(0, Partitions).Select(partition => new TopicPartition(Topics.UsageReceived, partition))]);
        }
    }
}
