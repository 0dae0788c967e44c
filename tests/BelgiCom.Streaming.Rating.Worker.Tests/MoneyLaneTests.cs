using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Top-ups, adjustments and transfers in the transactions of two lanes, on topics in memory.</summary>
public sealed class MoneyLaneTests
{
    private const long Euro = 1_000_000_000;
    private const long MessageNanos = 80_000_000;
    private const int Unknown = 9;

    // What may happen: 0 top-up, 1 credit, 2 debit, 3 to 5 transfer, 6 message sent, 7 an earlier request again; whose money, to whom, how
    // much, and how two transactions end: 0 aborted and tried again, 1 committed and the lane killed before it says so, 2 the partitions
    // go to other lanes, else committed.
    private static readonly Gen<(int What, int Who, int Whom, int Amount, int Fate, int LaterFate)[]> AnySteps = Gen.Select(
        Gen.Int[0, 7], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[1, 9], Gen.Int[0, 7], Gen.Int[0, 7]).Array[1, 50];

    [Fact]
    public void TopUp_OpensMoney_OnceUnderItsId_AlsoForTheNextOwner()
    {
        Money money = new();
        MoneyAnswer first = money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        Assert.Equal((MoneyOutcome.Done, 0m, 5m), (first.Outcome, first.Operation!.Before, first.Operation.After));
        money.Restart();
        MoneyAnswer again = money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        Assert.Equal((MoneyOutcome.Repeated, first.Operation), (again.Outcome, again.Operation));
        Assert.Equal(MoneyOutcome.Contradicts, money.Ask(BalanceOperationKind.TopUp, 1, 6 * Euro, "a").Outcome);
        Assert.Equal(MoneyOutcome.Contradicts, money.Ask(BalanceOperationKind.Credit, 1, 5 * Euro, "a").Outcome);
        Assert.Equal(5 * Euro, money.Balance(1));

        // The same id of another subscriber is another request.
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TopUp, 2, 6 * Euro, "a").Outcome);
        Assert.Equal([5m, 6m], money.Journal.Select(operation => operation.After).Order());
    }

    [Fact]
    public void Order_ThatCannotBeDone_ChangesNothing_AndMayBeDoneLater()
    {
        Money money = new();
        Assert.Equal(MoneyOutcome.UnknownSubscriber, money.Ask(BalanceOperationKind.TopUp, Unknown, Euro, "a").Outcome);
        Assert.Equal(MoneyOutcome.PostPaid, money.Ask(BalanceOperationKind.TopUp, Money.Later, Euro, "a").Outcome);
        Assert.Equal(MoneyOutcome.NoPrepaidMoney, money.Ask(BalanceOperationKind.Credit, Money.Later, Euro, "a").Outcome);
        Assert.Equal(MoneyOutcome.NoPrepaidMoney, money.Ask(BalanceOperationKind.Debit, Money.Later, Euro, "a").Outcome);
        Assert.Equal(
            MoneyOutcome.NoPrepaidMoney, money.Ask(BalanceOperationKind.TransferOut, Money.Later, Euro, "a", to: 2).Outcome);
        Assert.Null(money.Balance(Money.Later));
        Assert.Equal(MoneyOutcome.NotEnough, money.Ask(BalanceOperationKind.TransferOut, 1, Euro, "a", to: 2).Outcome);
        Assert.Equal(MoneyOutcome.OtherCurrency, money.Ask(BalanceOperationKind.TopUp, 1, Euro, "a", currency: "USD").Outcome);
        Assert.Equal(MoneyOutcome.PostPaid, money.Ask(BalanceOperationKind.TopUp, Money.Member, Euro, "a").Outcome);
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TopUp, 1, Euro, "b").Outcome);
        Assert.Equal(MoneyOutcome.OtherCurrency, money.Ask(BalanceOperationKind.Debit, 1, Euro, "a", currency: "USD").Outcome);
        Assert.Equal(MoneyOutcome.NotEnough, money.Ask(BalanceOperationKind.Debit, 1, Euro + 1, "a").Outcome);
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.Debit, 1, Euro, "a").Outcome);
        Assert.Equal(MoneyOutcome.TooMuch, money.AskTwice(MoneyOrder.MostNanos, 1));
        Assert.Equal(MoneyOrder.MostNanos, money.Balance(1));
    }

    /// <summary>A top-up of 5 brings 1,000 octets for a day: with the money, once, and for the next owner, too.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void TopUp_BringsABundle_OnceUnderItsId_AlsoForTheNextOwner(int fate)
    {
        Money money = new();
        int who = Money.Gifted;
        DateTimeOffset at = money.Lanes.Clock.GetUtcNow();
        MoneyAnswer first = money.Ask(BalanceOperationKind.TopUp, who, 5 * Euro, "a", fate: fate);
        BroughtBundle brought = Assert.Single(first.Operation!.Bundles);
        Assert.Equal(("day", 1000L, TimeSpan.FromDays(1)), (brought.Id, brought.Units, brought.ValidTo - brought.ValidFrom));
        money.Restart();
        Assert.Equal(MoneyOutcome.Repeated, money.Ask(BalanceOperationKind.TopUp, who, 5 * Euro, "a").Outcome);
        Assert.Equal((5 * Euro, 1000L, 1000L), money.Bundle(who));

        money.Use(RatingLanes.Data(1, 400, who) with { EventTime = at.AddHours(1), EndTime = at.AddHours(1) }, who, fate);
        money.Restart();
        Assert.Equal((5 * Euro, 1000L, 600L), money.Bundle(who));
        money.Use(RatingLanes.Data(2, 601, who) with { EventTime = at.AddHours(2), EndTime = at.AddHours(2) }, who, fate);

        // 1 octet is left to the money, at 0.01 for 2^20: 9.54 nano-units, rounded.
        Assert.Equal((5 * Euro - 10, 1000L, 0L), money.Bundle(who));
        Assert.Equal(
            ["day 400", "day 600"],
            money.Lanes.Rated.SelectMany(rated => rated.Parts).Where(part => part.Bundle.Length > 0)
                .Select(part => $"{part.Bundle} {part.Units}"));
        Assert.Equal(brought.Id, money.Journal.Single().Bundles.Single().Id);

        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TopUp, who, 5 * Euro - 1, "b").Outcome);
        Assert.Empty(money.Journal[^1].Bundles);
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TopUp, who, 5 * Euro, "c").Outcome);
        Assert.Equal(1000L, money.Bundle(who).Left);
    }

    [Fact]
    public void Debit_LeavesWhatSessionsHold()
    {
        Money money = new();
        money.Ask(BalanceOperationKind.TopUp, 1, 50_000_000, "a");
        money.Hold(1, 3 << 20);
        // 3 MiB at 0.01, of which the bundle covers 1,000 octets, hold 0.029990463.
        BalanceBook book = money.ReadBook();
        (MoneyBalance? has, SubscriberBalances? balances) = book.BalancesOf(UsageEvents.ToNumber(RatingLanes.Subscriber(1)));
        Assert.Equal((50_000_000, 29_990_463), (has!.Value.Nanos, has.Value.HeldNanos));
        BundleBalance data = Assert.Single(balances!.Bundles);
        Assert.Equal((1000L, 0L, 1000L, 1000L), (data.Granted!.Value, data.Used, data.Held, data.Left!.Value));
        Assert.Equal(MoneyOutcome.NotEnough, money.Ask(BalanceOperationKind.Debit, 1, 20_009_538, "b").Outcome);
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.Debit, 1, 20_009_537, "b").Outcome);
    }

    /// <summary>Whose offering is paid with the bill may take out all that is left from before, whatever sessions are open.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Debit_OfWhoPaysWithTheBillNow_TakesAllThatIsLeft(bool isSent)
    {
        Money money = new();
        money.Ask(BalanceOperationKind.TopUp, 1, 50_000_000, "a");
        money.Lanes.Subscribe(1, 1, "bill");
        money.Restart();
        money.Hold(1, 3 << 20);
        BalanceBook book = money.ReadBook();
        MoneyBalance has = book.BalancesOf(UsageEvents.ToNumber(RatingLanes.Subscriber(1))).Money!.Value;
        Assert.Equal((50_000_000, 0), (has.Nanos, has.HeldNanos));

        BalanceOperationKind kind = isSent ? BalanceOperationKind.TransferOut : BalanceOperationKind.Debit;
        Assert.Equal(MoneyOutcome.NotEnough, money.Ask(kind, 1, 50_000_001, "b", isSent ? 2 : null).Outcome);
        Assert.Equal(MoneyOutcome.Done, money.Ask(kind, 1, 50_000_000, "b", isSent ? 2 : null).Outcome);
    }

    [Fact]
    public void Transfer_ToAnotherLane_IsOnItsWay_UntilThatLaneTakesIt()
    {
        Money money = new();
        money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        money.Ask(BalanceOperationKind.TopUp, 2, 1 * Euro, "a");
        money.Settle();
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TransferOut, 1, 2 * Euro, "b", to: 2).Outcome);
        Assert.Equal((3 * Euro, 1 * Euro), (money.Balance(1), money.Balance(2)));
        money.Restart();
        money.Settle();
        money.Settle();
        Assert.Equal((3 * Euro, 3 * Euro), (money.Balance(1), money.Balance(2)));
        Assert.Equal(MoneyOutcome.Repeated, money.Ask(BalanceOperationKind.TransferOut, 1, 2 * Euro, "b", to: 2).Outcome);
        money.Settle();
        Assert.Equal((3 * Euro, 3 * Euro), (money.Balance(1), money.Balance(2)));
    }

    [Fact]
    public void Transfer_ThatTheReceiverCannotGet_ComesBack_AlsoToWhoLeft()
    {
        Money money = new();
        money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        money.Ask(BalanceOperationKind.TransferOut, 1, 2 * Euro, "b", to: Money.Later);
        money.Lanes.Log[Topics.CustomerSubscriptions, 1].Add(new FakeRecord(RatingLanes.Subscriber(1).ToByteArray(), null));
        money.Settle();
        Assert.Equal((5 * Euro, null), (money.Balance(1), money.Balance(Money.Later)));
        BalanceOperation back = money.Journal.Single(operation => operation.Kind == BalanceOperationKind.TransferBack);
        Assert.Equal((3m, 5m, "PostPaid"), (back.Before, back.After, back.Refusal));
    }

    [Fact]
    public void Transfer_ToAnotherNameOfTheReceiver_IsPassedOn()
    {
        Money money = new();
        money.Lanes.Name(alias: 7, names: 2, partition: 3);
        money.Restart();
        money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        money.Ask(BalanceOperationKind.TopUp, 2, 1 * Euro, "a");
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TransferOut, 1, 2 * Euro, "b", to: 7).Outcome);
        money.Settle();
        Assert.Equal((3 * Euro, 3 * Euro), (money.Balance(1), money.Balance(2)));
        Assert.Equal(MoneyOutcome.OtherName, money.Ask(BalanceOperationKind.TopUp, 7, Euro, "c").Outcome);
    }

    [Fact]
    public void ForeignRecordsOfTheJournal_ChangeNothing_AndStopNoLane()
    {
        Money money = new();
        money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        BalanceOperation forged = money.Journal.Single() with
        {
            Kind = BalanceOperationKind.TransferDue,
            OperationId = default,
            Amount = -3,
        };
        byte[] key = RatingLanes.Subscriber(1).ToByteArray();
        List<FakeRecord> journal = money.Lanes.Log[Topics.BalanceJournal, 1];
        journal.Add(new FakeRecord(key, null));
        journal.Add(new FakeRecord(key, [1, 2, 3]));
        journal.Add(new FakeRecord([9], RatingLanes.Value(Topics.BalanceJournal, (forged with { Amount = 3 }).Write)));
        journal.Add(new FakeRecord(key, RatingLanes.Value(Topics.BalanceJournal, forged.Write)));
        journal.Add(new FakeRecord(key, RatingLanes.Value(Topics.BalanceJournal, (forged with { Amount = 3, Currency = "€" }).Write)));
        money.Settle();
        Assert.Equal(5 * Euro, money.Balance(1));
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TopUp, 1, Euro, "b").Outcome);
    }

    [Fact]
    public void Request_OlderThanRepeatDays_IsForgotten_AndTheJournalIsNotReadAgain()
    {
        Money money = new();
        money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a");
        money.Settle();
        money.Lanes.Clock.Advance(TimeSpan.FromDays(44));
        money.Restart(); // begins a checkpoint, which looks for what is too old
        money.Settle();
        Assert.Equal(MoneyOutcome.Repeated, money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a").Outcome);
        money.Lanes.Clock.Advance(TimeSpan.FromDays(2));
        money.Restart();
        money.Settle();
        money.Restart();
        Assert.Equal(MoneyOutcome.Done, money.Ask(BalanceOperationKind.TopUp, 1, 5 * Euro, "a").Outcome);
        Assert.Equal(10 * Euro, money.Balance(1));
    }

    /// <summary>
    /// Whatever becomes of transactions, lanes and partitions, and however often a request is sent: each is done once, each balance is what
    /// a model of sums says and what the journal and the rated usage add up to, and a transfer makes and loses nothing.
    /// </summary>
    [Fact]
    public void AnyOrders_UnderAbortsKillsAndRebalances_KeepAllMoney() => AnySteps.Sample(steps =>
    {
        Money money = new();
        // Who pays before use has 0 until the first top-up; who pays later has no money.
        Dictionary<int, long> model = Enumerable.Range(0, 5).Where(one => one != Money.Later).ToDictionary(one => one, _ => 0L);
        List<(BalanceOperationKind Kind, int Who, long Amount, string Id, int? To, MoneyAnswer Answer)> done = [];
        long usage = 0;
        int number = 0;
        foreach ((int what, int who, int whom, int amount, int fate, int laterFate) in steps)
        {
            number++;
            long nanos = (amount * 70_000_000L) + number;
            if (what == 6)
            {
                money.Use(who, number, fate);
                usage += model.ContainsKey(who) ? MessageNanos : 0;
                Add(who, -MessageNanos);
            }
            else if (what == 7 && done.Count > 0)
            {
                (BalanceOperationKind kind, int sender, long sum, string id, int? to, MoneyAnswer answer) = done[amount % done.Count];
                MoneyAnswer again = money.Ask(kind, sender, sum, id, to, fate: fate);
                Assert.Equal((MoneyOutcome.Repeated, answer.Operation), (again.Outcome, again.Operation));
            }
            else if (what != 7)
            {
                BalanceOperationKind kind = what switch
                {
                    0 => BalanceOperationKind.TopUp,
                    1 => BalanceOperationKind.Credit,
                    2 => BalanceOperationKind.Debit,
                    _ => BalanceOperationKind.TransferOut,
                };
                int? to = what > 2 ? (whom == who ? Unknown : whom) : null;
                MoneyAnswer answer = money.Ask(kind, who, nanos, $"id-{number}", to, fate: fate);
                bool isTaken = what > 1;
                MoneyOutcome expected =
                    !model.TryGetValue(who, out long left) ? what == 0 ? MoneyOutcome.PostPaid : MoneyOutcome.NoPrepaidMoney
                    : isTaken && nanos > left ? MoneyOutcome.NotEnough
                    : MoneyOutcome.Done;

                // Where the lane was killed after its commit, the request that is sent again finds it done.
                Assert.Equal(expected, answer.Outcome == MoneyOutcome.Repeated ? MoneyOutcome.Done : answer.Outcome);
                if (expected == MoneyOutcome.Done)
                {
                    done.Add((kind, who, nanos, $"id-{number}", to, answer));
                    Add(who, isTaken ? -nanos : nanos);
                    Add(to is { } receiver && model.ContainsKey(receiver) ? receiver : to is null ? -1 : who, nanos);
                }
            }

            money.Settle(laterFate);
            foreach (int subscriber in Enumerable.Range(0, 5))
            {
                // Nothing is stored of who never had or used any.
                Assert.Equal(model.GetValueOrDefault(subscriber), money.Balance(subscriber) ?? 0);
                Assert.True(model.ContainsKey(subscriber) || money.Balance(subscriber) is null);
                Assert.Equal(model.GetValueOrDefault(subscriber), money.SumOf(subscriber));
            }
        }

        long given = done.Sum(one => one.Kind switch
        {
            BalanceOperationKind.TopUp or BalanceOperationKind.Credit => one.Amount,
            BalanceOperationKind.Debit => -one.Amount,
            _ => 0,
        });
        Assert.Equal(given - usage, model.Values.Sum());
        BalanceOperation[] journal = [.. money.Journal.Where(operation => operation.Kind != BalanceOperationKind.TransferDue
            && operation.Kind != BalanceOperationKind.TransferRefused)];
        Assert.Equal(journal.Length, journal.Select(OperationKey.Of).Distinct().Count());

        void Add(int subscriber, long nanos)
        {
            if (model.TryGetValue(subscriber, out long before))
            {
                model[subscriber] = before + nanos;
            }
        }
    }, iter: 500);

    /// <summary>Two lanes on a log in memory of four partitions, and five subscribers who share nothing.</summary>
    private sealed class Money
    {
        /// <summary>A subscriber who pays with the bill.</summary>
        public const int Later = 4;

        /// <summary>A subscriber whose top-ups bring a bundle.</summary>
        public const int Gifted = 5;

        /// <summary>A subscriber whose offering shares a bundle, which is paid with the bill.</summary>
        public const int Member = 8;

        private const int Partitions = 4;

        private readonly List<(RatingBatchHandler Handler, int[] Partitions)> _lanes = [];
        private int _restarts;

        public Money()
        {
            Lanes.Publish(RatingLanes.Prepaid());
            Lanes.Publish(RatingLanes.Offering() with { Offering = "bill" });
            Lanes.Publish(RatingLanes.Family());
            for (int subscriber = 0; subscriber < 5; subscriber++)
            {
                Lanes.Subscribe(subscriber, subscriber % Partitions, subscriber == Later ? "bill" : "go");
            }

            Lanes.Publish(RatingLanes.Prepaid() with
            {
                Offering = "gift",
                Bundles = [],
                TopUps =
                [
                    new TopUpGrant
                    {
                        AtLeast = 5,
                        ValiditySeconds = 86_400,
                        Bundle = new Bundle { Id = "day", Kind = Contracts.UsageKind.Data, Units = 1000 },
                    },
                ],
            });
            Lanes.Subscribe(Gifted, Gifted % Partitions, "gift");
            Lanes.Subscribe(Member, Member % Partitions, "family", "BE-F");
            Restart();
        }

        public RatingLanes Lanes { get; } = new(Partitions);

        public OnlineRouter Router { get; private set; } = null!;

        public IReadOnlyList<BalanceOperation> Journal =>
        [
            .. Lanes.Log.All(Topics.BalanceJournal).Where(record => record.Value is { Length: > 9 })
                .Select(record => BalanceOperation.Read(record.Value.AsSpan(WireFormat.HeaderSize))),
        ];

        /// <summary>The process ends, and new lanes restore the partitions, each time others.</summary>
        public void Restart()
        {
            _lanes.Clear();
            Router = new OnlineRouter();
            int[][] owned = (_restarts++ % 3) switch
            {
                0 => [[0, 2], [1, 3]],
                1 => [[0, 1, 2, 3]],
                _ => [[3], [1, 0, 2]],
            };
            foreach (int[] partitions in owned)
            {
                RatingTopics topics = RatingTopics.OpenAsync(Lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
                RatingBatchHandler handler = new(
                    Lanes.Log, Lanes.Options, topics, Lanes.Clock, NullLogger.Instance,
                    new OnlineLane(Router, Lanes.Options.Online, Lanes.Clock));
                handler.Assigned([.. partitions.Select(partition => new TopicPartition(Topics.UsageReceived, partition))]);
                _lanes.Add((handler, partitions));
            }
        }

        /// <summary>What the reader beside the lanes knows.</summary>
        public BalanceBook ReadBook()
        {
            RatingTopics topics = RatingTopics.OpenAsync(Lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
            BalanceBook book = new(Lanes.Log, Lanes.Options, topics, Lanes.Clock, NullLogger.Instance);
            book.Restore();
            return book;
        }

        /// <summary>Asks until there is an answer, as a client does whose request meets what <paramref name="fate"/> says.</summary>
        public MoneyAnswer Ask(
            BalanceOperationKind kind, int subscriber, long nanos, string id, int? to = null, string currency = "EUR", int fate = 7)
        {
            UInt128 reference = UsageEvents.ToNumber(RatingLanes.Subscriber(subscriber));
            MoneyOrder order = new(
                OperationKey.IdOf(reference, id), kind, reference, nanos, Currency.Of(Encoding.ASCII.GetBytes(currency)), "shop", "TEST",
                to is { } receiver ? UsageEvents.ToNumber(RatingLanes.Subscriber(receiver)) : default);
            MoneyWork work = new(order, subscriber % Partitions);
            Router.Send(work);
            if (Run(LaneOf(subscriber), fate))
            {
                work = new MoneyWork(order, subscriber % Partitions);
                Router.Send(work);
                Run(LaneOf(subscriber), fate: 7);
            }

            Assert.True(work.Answer.IsCompletedSuccessfully);
            Assert.Equal(OnlineResult.Answered, work.Answer.Result.Result);
            return work.Answer.Result.Answer;
        }

        public MoneyOutcome AskTwice(long nanos, int subscriber)
        {
            Assert.Equal(MoneyOutcome.Done, Ask(BalanceOperationKind.TopUp, subscriber, nanos, "most").Outcome);
            return Ask(BalanceOperationKind.TopUp, subscriber, 1, "more").Outcome;
        }

        /// <summary>Money, and what the bundles of top-ups have granted and left, as the reader beside the lanes has it.</summary>
        public (long Money, long Granted, long Left) Bundle(int subscriber)
        {
            (MoneyBalance? has, SubscriberBalances? balances) =
                ReadBook().BalancesOf(UsageEvents.ToNumber(RatingLanes.Subscriber(subscriber)));
            BundleBalance[] bundles = [.. balances!.Bundles.Where(bundle => bundle.TopUp is not null)];
            return (has!.Value.Nanos, bundles[^1].Granted!.Value, bundles[^1].Left!.Value);
        }

        /// <summary>Rates a message of a subscriber.</summary>
        public void Use(int subscriber, int id, int fate) => Use(RatingLanes.Sms(id, subscriber), subscriber, fate);

        /// <summary>Rates usage of a subscriber.</summary>
        public void Use(UsageReceived usage, int subscriber, int fate)
        {
            int partition = subscriber % Partitions;
            List<FakeRecord> received = Lanes.Log[Topics.UsageReceived, partition];
            int from = received.Count;
            Lanes.Receive(usage, partition);
            FakeBatch batch = new([(Topics.UsageReceived, partition, from, received[from])]);
            RatingBatchHandler handler = LaneOf(subscriber);
            if (fate == 0)
            {
                handler.Handle(batch, new FakeTransaction(Lanes.Log));
                handler.Aborted();
            }

            FakeTransaction transaction = new(Lanes.Log);
            handler.Handle(batch, transaction);
            transaction.Commit();
            if (fate == 1)
            {
                Restart();
            }
            else
            {
                handler.Committed();
            }
        }

        /// <summary>Opens a session that holds money.</summary>
        public void Hold(int subscriber, long octets)
        {
            Adapters.ChargingRequest request = new()
            {
                Subscriber = RatingLanes.Subscriber(subscriber),
                Session = 1,
                Sequence = 0,
                NamesSession = true,
                Used = [],
                Asked =
                [
                    (new Adapters.QuotaAsk(10, octets, -1, -1),
                        RatingLanes.Value(Topics.UsageReceived, RatingLanes.Data(1, -1, subscriber).Write)),
                ],
            };
            QuotaCall call = new(UsageEvents.ToNumber(request.Subscriber), 1, QuotaOperation.Create, 0, null);
            Router.Send(new OnlineWork(request, call, subscriber % Partitions));
            Run(LaneOf(subscriber), fate: 7);
        }

        /// <summary>Lets the lanes work until nothing is on its way.</summary>
        public void Settle(int fate = 7)
        {
            for (int round = 0; round < 4; round++)
            {
                Lanes.Clock.Advance(TimeSpan.FromSeconds(2));
                foreach ((RatingBatchHandler handler, _) in _lanes.ToArray())
                {
                    if (_lanes.Any(lane => lane.Handler == handler))
                    {
                        Run(handler, round == 0 ? fate : 7);
                    }
                }
            }
        }

        /// <summary>The subscriber's money as the log has it; null when there is none.</summary>
        public long? Balance(int subscriber)
        {
            byte[] key = UsageEvents.ToSubscriberRef(
                UsageEvents.ToNumber(RatingLanes.Subscriber(subscriber))
                ^ BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"BE-{subscriber}")))).ToByteArray();
            FakeRecord? stored = Lanes.Log[Topics.RatingState, subscriber % Partitions]
                .LastOrDefault(record => record.Key.SequenceEqual(key));
            if (stored?.Value is null)
            {
                return null;
            }

            Assert.True(RatingStateView.TryRead(stored.Value.AsSpan(WireFormat.HeaderSize), out RatingStateView view));
            return view.Charging.MoneyNanos;
        }

        /// <summary>What the journal adds up to, less the rated usage since the money was opened.</summary>
        public long SumOf(int subscriber)
        {
            SubscriberRef reference = RatingLanes.Subscriber(subscriber);
            BalanceOperation[] own = [.. Journal.Where(operation => operation.SubscriberRef == reference)];
            long sum = own.Sum(operation => Nanos.FromDecimal(operation.Amount) * operation.Kind switch
            {
                BalanceOperationKind.TransferDue or BalanceOperationKind.TransferRefused => 0,
                BalanceOperationKind.Debit or BalanceOperationKind.TransferOut => -1,
                _ => 1,
            });

            // Usage between two operations is what the one left and the next one found.
            long last = 0;
            foreach (BalanceOperation operation in own.Where(
                one => one.Owner != default && one.Kind != BalanceOperationKind.TransferRefused))
            {
                sum -= last - Nanos.FromDecimal(operation.Before);
                Assert.Equal(0, (last - Nanos.FromDecimal(operation.Before)) % MessageNanos);
                last = Nanos.FromDecimal(operation.After);
            }

            return sum - (last - (Balance(subscriber) ?? 0));
        }

        private RatingBatchHandler LaneOf(int subscriber) =>
            _lanes.Single(lane => lane.Partitions.Contains(subscriber % Partitions)).Handler;

        /// <returns>Whether the lanes are new, so that who waits has no answer.</returns>
        private bool Run(RatingBatchHandler handler, int fate)
        {
            if (fate == 2)
            {
                Restart();
                return true;
            }

            if (!handler.HasIdleWork(isLeaving: false))
            {
                return false;
            }

            if (fate == 0)
            {
                handler.HandleIdle(new FakeTransaction(Lanes.Log));
                handler.Aborted();
                Assert.True(handler.HasIdleWork(isLeaving: false));
            }

            FakeTransaction transaction = new(Lanes.Log);
            handler.HandleIdle(transaction);
            transaction.Commit();
            if (fate == 1)
            {
                Restart();
                return true;
            }

            handler.Committed();
            return false;
        }
    }
}
