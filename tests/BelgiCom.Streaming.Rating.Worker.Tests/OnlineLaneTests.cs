using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Confluent.Kafka;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Online charging in the lane's transactions, on topics in memory.</summary>
public sealed class OnlineLaneTests
{
    private const long MiB = 1 << 20;
    private const int Cases = 300;

    // What may happen: which session, what it does, how much of its quota it used (in hundredths), how many MiB it asks for, and what
    // becomes of the transaction: 0 and 1 aborted, 2 committed but the process ends before the answer, else committed.
    private static readonly Gen<(int Session, int Operation, int Used, int Wanted, int Fate)[]> AnySteps = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 120], Gen.Int[0, 8], Gen.Int[0, 8]).Array[1, 30];

    [Fact]
    public async Task Session_CreatedUpdatedReleased_HoldsDebitsAndGivesBack()
    {
        Online online = new(moneyNanos: 50_000_000); // EUR 0.05: five MiB at 0.01
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, session: 1, sequence: 0, wanted: 3 * MiB);
        QuotaGrant granted = Assert.Single(created.Grants);
        Assert.Equal(
            (QuotaResult.Granted, 3 * MiB, false), (granted.Answer.Result, granted.Answer.GrantedUnits, granted.Answer.IsFinalUnit));
        Assert.Equal(50_000_000, online.Account.Reservation.MoneyNanos);

        // The first 1000 octets are in the bundle, so 3 MiB cost 0.01 × (3 MiB - 1000) / MiB = 0.029990463.. of money.
        Assert.Equal(29_990_463, online.Account.Reservation.ReservedNanos);
        Assert.Equal(1000, online.Account.Reservation.ReservedUnits);

        OnlineReply updated = await online.AskAsync(
            QuotaOperation.Update, session: 1, sequence: 1, wanted: 9 * MiB, began: created.BeganMilliseconds, used: 3 * MiB);
        // 0.020009537 is left, which pays 2 MiB and 1000 octets: 0.01 × 2098152 / 1048576 = 0.020009537 exactly rounded.
        QuotaGrant last = Assert.Single(updated.Grants);
        Assert.Equal(
            (QuotaResult.Granted, (2 * MiB) + 1000, true), (last.Answer.Result, last.Answer.GrantedUnits, last.Answer.IsFinalUnit));
        Assert.Equal(50_000_000 - 29_990_463, online.Account.Reservation.MoneyNanos);
        Assert.Equal(0.029990463m, Assert.Single(online.Lanes.Rated).Amount);

        OnlineReply released = await online.AskAsync(
            QuotaOperation.Release, session: 1, sequence: 2, wanted: null, began: created.BeganMilliseconds, used: 1 * MiB, id: 2);
        Assert.Equal(OnlineResult.Answered, released.Result);
        Assert.Equal(50_000_000 - 29_990_463 - 10_000_000, online.Account.Reservation.MoneyNanos);
        Assert.Equal((0, 0), (online.Account.Reservation.ReservedNanos, online.Account.Reservation.ReservedUnits));
        Assert.Empty(online.Account.Reservation.Sessions);
    }

    [Fact]
    public async Task Request_SentAgain_GetsTheSameAnswer_AlsoFromTheNextOwner()
    {
        Online online = new(moneyNanos: 50_000_000);
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, 2 * MiB);
        OnlineReply again = await online.AskAsync(QuotaOperation.Create, 1, 0, 2 * MiB);
        Assert.Equal((created.BeganMilliseconds, created.Grants[0]), (again.BeganMilliseconds, again.Grants[0]));

        OnlineReply updated = await online.AskAsync(QuotaOperation.Update, 1, 1, 9 * MiB, created.BeganMilliseconds, 1 * MiB, id: 7);
        online.Restart();
        OnlineReply third = await online.AskAsync(QuotaOperation.Update, 1, 1, 9 * MiB, created.BeganMilliseconds, 1 * MiB, id: 7);
        Assert.Equal(updated.Grants[0], third.Grants[0]);
        Assert.Single(online.Lanes.Rated);

        await online.AskAsync(QuotaOperation.Release, 1, 2, null, created.BeganMilliseconds, 1 * MiB, id: 8);
        online.Restart();
        OnlineReply released = await online.AskAsync(QuotaOperation.Release, 1, 2, null, created.BeganMilliseconds, 1 * MiB, id: 8);
        OnlineReply later = await online.AskAsync(QuotaOperation.Update, 1, 3, MiB, created.BeganMilliseconds);
        Assert.Equal((OnlineResult.Answered, OnlineResult.UnknownSession), (released.Result, later.Result));
        Assert.Equal(2, online.Lanes.Rated.Count);
    }

    [Fact]
    public async Task OvertakenRequest_IsRatedOnce_AndHoldsNothing()
    {
        Online online = new(moneyNanos: 90_000_000);
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, MiB);
        OnlineReply second = await online.AskAsync(QuotaOperation.Update, 1, 2, MiB, created.BeganMilliseconds, MiB, id: 2);
        OnlineReply first = await online.AskAsync(QuotaOperation.Update, 1, 1, 5 * MiB, created.BeganMilliseconds, MiB, id: 1);
        Assert.Equal(second.Grants[0], first.Grants[0]);
        await online.AskAsync(QuotaOperation.Update, 1, 1, 5 * MiB, created.BeganMilliseconds, MiB, id: 1);
        Assert.Equal(2, online.Lanes.Rated.Count);
        Assert.Equal(2 * MiB, online.Account.Reservation.Sessions.Values.Single().UsedUnits);
    }

    [Fact]
    public async Task UsageThatComesAgainInAFile_IsADuplicate()
    {
        Online online = new(moneyNanos: 50_000_000);
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, MiB);
        await online.AskAsync(QuotaOperation.Update, 1, 1, MiB, created.BeganMilliseconds, MiB, id: 5);
        long? money = online.Account.Reservation.MoneyNanos;
        online.Lanes.Receive(Online.Used(5, MiB));
        online.Lanes.Run(online.Handler);
        Assert.Equal(RejectedOutcome.Duplicate, Assert.Single(online.Lanes.Rejected).Outcome);
        Assert.Equal(money, online.Account.Reservation.MoneyNanos);
    }

    [Fact]
    public async Task UsageOfAFile_OfAPrepaidCustomer_DebitsTheSameMoney_AlsoAfterRestore()
    {
        Online online = new(moneyNanos: 50_000_000);
        online.Lanes.Receive(Online.Used(5, MiB));
        online.Lanes.Run(online.Handler);
        online.Restart();
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, 9 * MiB);

        // 0.01 × (MiB - 1000) / MiB = 0.009990463 is gone; 0.040009537 pays 4 MiB and 1000 octets, of which none is in the bundle any more.
        Assert.Equal(50_000_000 - 9_990_463, online.Account.Reservation.MoneyNanos);
        Assert.Equal((4 * MiB) + 1000, created.Grants[0].Answer.GrantedUnits);
    }

    [Fact]
    public async Task UnknownSubscriber_AndOtherPartition_AreSaidSo()
    {
        Online online = new(moneyNanos: 1);
        Assert.Equal(OnlineResult.UnknownSubscriber, (await online.AskAsync(QuotaOperation.Create, 1, 0, MiB, subscriber: 9)).Result);
        Assert.Equal(OnlineResult.UnknownSession, (await online.AskAsync(QuotaOperation.Update, 1, 1, MiB, began: 5)).Result);
        OnlineWork elsewhere = online.Work(QuotaOperation.Create, 1, 0, MiB, null, null, 0, 1, partition: 3);
        online.Router.Send(elsewhere);
        Assert.Equal(OnlineResult.NotOwned, (await elsewhere.Answer).Result);
    }

    [Fact]
    public async Task UsageThatCannotBeCharged_TakesTheWayOfAllUsage()
    {
        Online online = new(moneyNanos: 50_000_000);
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, MiB);
        await online.AskAsync(QuotaOperation.Update, 1, 1, MiB, created.BeganMilliseconds, -1, id: 5);
        Assert.Empty(online.Lanes.Rated);
        Assert.Empty(online.Lanes.Rejected);
        online.Lanes.Run(online.Handler);
        UsageRejected suspended = Assert.Single(online.Lanes.Rejected);
        Assert.Equal((RejectedOutcome.Suspended, RejectedReason.NotMeasured), (suspended.Outcome, suspended.Reason));
    }

    /// <summary>Behind its validity, others may have what a quota held; what was used of it is debited when it is reported.</summary>
    [Fact]
    public async Task Quota_BehindItsValidity_HoldsNothing_AndItsUsageIsDebitedAllTheSame()
    {
        Online online = new(moneyNanos: 50_000_000, RatingLanes.Prepaid() with { QuotaValiditySeconds = 60 });
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, 5 * MiB);
        long until = created.Grants[0].Answer.ValidUntilMilliseconds;
        Assert.Equal(RatingLanes.Now.AddSeconds(60).ToUnixTimeMilliseconds(), until);

        online.Lanes.Clock.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal(QuotaResult.Granted, (await online.AskAsync(QuotaOperation.Create, 2, 0, 1000)).Grants[0].Answer.Result);
        OnlineReply held = await online.AskAsync(QuotaOperation.Create, 3, 0, 5 * MiB);
        Assert.Equal(QuotaResult.QuotaLimitReached, held.Grants[0].Answer.Result);

        online.Lanes.Clock.Advance(TimeSpan.FromMilliseconds(1));
        OnlineReply free = await online.AskAsync(QuotaOperation.Update, 3, 1, 5 * MiB, held.BeganMilliseconds);
        Assert.Equal(5 * MiB, free.Grants[0].Answer.GrantedUnits);
        await online.AskAsync(QuotaOperation.Update, 1, 1, MiB, created.BeganMilliseconds, used: 5 * MiB);
        Assert.Equal(5 * MiB, online.Lanes.Rated.Sum(one => one.TotalOctets));
        Assert.Equal(50_000_000 - Nanos.FromDecimal(online.Lanes.Rated[0].Amount), online.Account.Reservation.MoneyNanos);
    }

    [Fact]
    public async Task SilentSession_IsForgotten_WithWhatItHeld()
    {
        Online online = new(moneyNanos: 50_000_000);
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, 2 * MiB);
        online.Lanes.Clock.Advance(TimeSpan.FromHours(1));
        OnlineReply other = await online.AskAsync(QuotaOperation.Create, 2, 0, 99 * MiB);
        Assert.Equal((5 * MiB) + 1000, other.Grants[0].Answer.GrantedUnits);

        online.Lanes.Clock.Advance(TimeSpan.FromDays(2));
        OnlineReply late = await online.AskAsync(QuotaOperation.Update, 1, 1, MiB, created.BeganMilliseconds);
        Assert.Equal(OnlineResult.UnknownSession, late.Result);
        online.Restart(); // begins a checkpoint, which looks for silent sessions
        online.Lanes.RunIdle(online.Handler);
        Assert.Empty(online.Account.Sessions);
    }

    /// <summary>
    /// Whatever becomes of the transactions and processes, and however often a request is sent: the money that is gone is what the rated
    /// usage costs, each unit is rated once, and who keeps to the quota is never below zero.
    /// </summary>
    [Fact]
    public void AnySessions_UnderAbortsAndRestarts_LoseAndDoubleNothing() => AnySteps.Sample(steps =>
    {
        const long Money = 120_000_000;
        Online online = new(Money);
        Dictionary<int, (long Began, int Sequence, long Granted)> open = [];
        bool keepsToQuota = true;
        int id = 0;
        foreach ((int session, int operation, int used, int wanted, int fate) in steps)
        {
            bool isOpen = open.TryGetValue(session, out (long Began, int Sequence, long Granted) known);
            QuotaOperation what = !isOpen ? QuotaOperation.Create : operation == 0 ? QuotaOperation.Release : QuotaOperation.Update;
            long? octets = isOpen ? known.Granted * used / 100 : null;
            keepsToQuota &= used <= 100 || !isOpen;
            int sequence = isOpen ? known.Sequence + 1 : 0;
            OnlineReply reply = online.Ask(
                what, (ulong)session, sequence, what == QuotaOperation.Release ? null : wanted * MiB, isOpen ? known.Began : null, octets,
                ++id, fate);
            Assert.Equal(OnlineResult.Answered, reply.Result);
            if (what == QuotaOperation.Release)
            {
                open.Remove(session);
            }
            else
            {
                open[session] = (reply.BeganMilliseconds, sequence, reply.Grants[0].Answer.GrantedUnits);
            }

            IReadOnlyList<UsageRated> rated = online.Lanes.Rated;
            Assert.Equal(rated.Count, rated.Select(one => one.UsageId).Distinct().Count());
            Assert.Equal(Money, online.Account.Reservation.MoneyNanos + rated.Sum(one => Nanos.FromDecimal(one.Amount)));
            // Each record is rounded by itself, so the parts of a quota may cost a nano each more than the whole that is held.
            Assert.True(
                !keepsToQuota || online.Account.Reservation.AvailableNanos >= -rated.Count,
                $"{online.Account.Reservation.AvailableNanos} nanos");
            Assert.True(open.Count == online.Account.Sessions.Values.Count(one => !one.HasEnded));
        }
    }, iter: Cases);

    /// <summary>A lane with online charging on a log in memory, and a prepaid subscriber.</summary>
    internal sealed class Online
    {
        private readonly OnlineOptions _options = new() { Url = "http://127.0.0.1:0" };

        /// <param name="moneyNanos">Money of the subscriber in nano-units; null for none.</param>
        /// <param name="offering">What it has; default the prepaid one.</param>
        public Online(long? moneyNanos, OfferingVersion? offering = null)
        {
            Lanes.Publish(offering ?? RatingLanes.Prepaid());
            Lanes.Subscribe(1);
            if (moneyNanos is { } money)
            {
                Put(money);
            }

            Restart();
        }

        private void Put(long moneyNanos)
        {
            QuotaAccount account = new()
            {
                Currency = Currency.Of("EUR"u8),
                Reservation = new ReservationState { MoneyNanos = moneyNanos },
            };
            RatingStateView view = new QuotaAccountCodec().View(Owner, account);
            byte[] value = new byte[WireFormat.HeaderSize + view.MaxSize];
            WireFormat.WriteHeader(value, Testing.FakeRegistry.IdOf(Topics.RatingState));
            int length = view.Write(value.AsSpan(WireFormat.HeaderSize));
            byte[] key = new byte[SubscriberRef.Size];
            BinaryPrimitives.WriteUInt128BigEndian(key, Owner);
            Lanes.Log[Topics.RatingState, 0].Add(new FakeRecord(key, value[..(WireFormat.HeaderSize + length)]));
        }

        public RatingLanes Lanes { get; } = new();

        public OnlineRouter Router { get; private set; } = null!;

        public RatingBatchHandler Handler { get; private set; } = null!;

        // The key of meters and online accounts: the reference, changed by the first 64 bits of SHA-256 of the account.
        private static UInt128 Owner =>
            new UInt128(0x5151, 1) ^ BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("BE-1")));

        /// <summary>The subscriber's account as the log has it.</summary>
        public QuotaAccount Account
        {
            get
            {
                FakeRecord? stored = Lanes.Log[Topics.RatingState, 0].LastOrDefault(record => record.Key.Length == SubscriberRef.Size);
                if (stored?.Value is null)
                {
                    return QuotaAccount.Empty;
                }

                Assert.True(RatingStateView.TryRead(stored.Value.AsSpan(WireFormat.HeaderSize), out RatingStateView view));
                RatingTopics topics = RatingTopics.OpenAsync(Lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
                Assert.True(QuotaAccountCodec.TryRead(view.Charging, topics.TryReadUsage, out QuotaAccount account));
                return account;
            }
        }

        /// <summary>The process ends, and the next owner restores the partition.</summary>
        public void Restart()
        {
            RatingTopics topics = RatingTopics.OpenAsync(Lanes.Registry, CancellationToken.None).GetAwaiter().GetResult();
            Router = new OnlineRouter();
            Handler = new RatingBatchHandler(
                Lanes.Log, Lanes.Options, topics, Lanes.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
                new OnlineLane(Router, _options, Lanes.Clock));
            Handler.Assigned([new TopicPartition(Topics.UsageReceived, 0)]);
        }

        public static UsageReceived Used(int id, long octets) => RatingLanes.Data(id, octets) with
        {
            ChargingId = 77,
            Node = "smf-1",
            UplinkOctets = -1,
            DownlinkOctets = -1,
        };

        public OnlineWork Work(
            QuotaOperation operation, ulong session, int sequence, long? wanted, long? began, long? used, int id, int subscriber,
            int partition = 0)
        {
            ChargingRequest request = new()
            {
                Subscriber = RatingLanes.Subscriber(subscriber),
                Session = session,
                Sequence = sequence,
                NamesSession = true,
                Used = used is { } octets ? [RatingLanes.Value(Topics.UsageReceived, Used(id, octets).Write)] : [],
                Asked = wanted is { } asked
                    ? [(new QuotaAsk(10, asked, -1, -1), RatingLanes.Value(Topics.UsageReceived, Used(1_000_000, -1).Write))]
                    : [],
            };
            UInt128 reference = UsageEvents.ToNumber(request.Subscriber);
            return new OnlineWork(request, new QuotaCall(reference, session, operation, sequence, began), partition);
        }

        public Task<OnlineReply> AskAsync(
            QuotaOperation operation, ulong session, int sequence, long? wanted, long? began = null, long? used = null, int id = 1,
            int subscriber = 1)
        {
            OnlineWork work = Work(operation, session, sequence, wanted, began, used, id, subscriber);
            Router.Send(work);
            Assert.True(Lanes.RunIdle(Handler));
            return work.Answer;
        }

        /// <summary>Asks until there is an answer, as a consumer does whose request meets what <paramref name="fate"/> says.</summary>
        public OnlineReply Ask(
            QuotaOperation operation, ulong session, int sequence, long? wanted, long? began, long? used, int id, int fate)
        {
            OnlineWork work = Work(operation, session, sequence, wanted, began, used, id, 1);
            Router.Send(work);
            if (fate < 2)
            {
                Assert.True(Handler.HasIdleWork(isLeaving: false));
                Handler.HandleIdle(new FakeTransaction(Lanes.Log));
                Handler.Aborted();
                Assert.False(work.Answer.IsCompleted);
            }

            if (fate == 2)
            {
                Assert.True(Handler.HasIdleWork(isLeaving: false));
                FakeTransaction transaction = new(Lanes.Log);
                Handler.HandleIdle(transaction);
                transaction.Commit();
                Restart();
                work = Work(operation, session, sequence, wanted, began, used, id, 1);
                Router.Send(work);
            }

            Assert.True(Lanes.RunIdle(Handler));
            Assert.True(work.Answer.IsCompletedSuccessfully);
            return work.Answer.Result;
        }
    }
}
