using BelgiCom.Streaming.Contracts;
using CsCheck;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Requests of parallel sessions of one account against price lists and limits.</summary>
public sealed class QuotaExchangeTests
{
    private const int Cases = 10_000;
    private const string World = "310260";

    // A step: which session, how many hundredths of its quota it used, how many units it wants, and whether it ends.
    private static readonly Gen<(int Session, int Used, int Wanted, int End)[]> AnySteps =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 100], Gen.Int[0, 40], Gen.Int[0, 7]).Array[1, 20];

    /// <summary>A euro for an octet: the law stops data abroad at 50 (Regulation (EU) 2022/612 art. 14).</summary>
    [Theory]
    [InlineData("1", 80, 50, true)] // 50 octets cost 50.00
    [InlineData("1", 49, 49, false)]
    [InlineData("3", 80, 17, true)] // 16 cost 48.00, and the 17th reaches 50
    [InlineData("60", 80, 1, true)]
    [InlineData("0", 80, 80, false)]
    public void Quota_OfDataAbroad_EndsWithTheUnitThatReachesTheStop(string price, long wanted, long granted, bool isFinal)
    {
        Consumer smf = new(Octets(price));
        Assert.Equal((QuotaResult.Granted, granted, isFinal), smf.Ask(1, QuotaOperation.Create, wanted));
    }

    /// <summary>A limit over one kind in one zone ends quotas there, 20 octets of a euro before that of the law would.</summary>
    [Fact]
    public void Quota_UnderALimitOverAKindAndZone_EndsWithTheUnitThatReachesIt_AndOnlyThere()
    {
        Consumer smf = new(Octets("1") with
        {
            Limits =
            [
                new OfferingLimit
                {
                    Id = "away", Kinds = [UsageKind.Data], Zones = ["world"], Amount = 30,
                    Steps = [new OfferingLimitStep { Permille = 1000, Notification = "STOP", Action = LimitAction.CutOff }],
                },
            ],
        });

        Assert.Equal((QuotaResult.Granted, 30, true), smf.Ask(1, QuotaOperation.Create, 40));
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(2, QuotaOperation.Create, 1));
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(1, QuotaOperation.Update, 1, used: 30));
        Assert.Equal("STOP", string.Join(' ', smf.Notices));
        Assert.Equal((QuotaResult.Granted, 40, false), smf.Ask(3, QuotaOperation.Create, 40, network: HomeNetwork));
    }

    [Fact]
    public void Quota_AfterTheStop_IsRefused_AndTheStopIsSentOnce()
    {
        Consumer smf = new(Octets("1"));
        Assert.Equal((QuotaResult.Granted, 30, false), smf.Ask(1, QuotaOperation.Create, 30));
        Assert.Equal((QuotaResult.Granted, 20, true), smf.Ask(2, QuotaOperation.Create, 30));
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(3, QuotaOperation.Create, 30));

        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(2, QuotaOperation.Update, 5, used: 20));
        Assert.Equal("", string.Join(' ', smf.Notices));
        Assert.Equal((QuotaResult.Granted, 10, true), smf.Ask(1, QuotaOperation.Update, 30, used: 20));
        Assert.Equal("WARN_80", string.Join(' ', smf.Notices));
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(1, QuotaOperation.Update, 30, used: 10));
        Assert.Equal("WARN_80 STOP_100", string.Join(' ', smf.Notices));
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(3, QuotaOperation.Update, 1));
        Assert.Equal("WARN_80 STOP_100", string.Join(' ', smf.Notices));

        // At home the service goes on.
        Assert.Equal((QuotaResult.Granted, 30, false), smf.Ask(4, QuotaOperation.Create, 30, network: HomeNetwork));
    }

    /// <summary>Who pays before use and has topped up nothing has 0; what happens all the same is debited below it.</summary>
    [Fact]
    public void Quota_OfWhoPaysBeforeUse_EndsWithTheMoney_AndUsageGoesBelowZero()
    {
        OfferingVersion offering = Octets("1") with { PaymentMethod = PaymentMethod.PrePaid, Limits = [] };
        Consumer smf = new(offering) { Network = HomeNetwork };
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), smf.Ask(1, QuotaOperation.Create, 5));
        smf.Ask(1, QuotaOperation.Update, 1, used: 2);
        Assert.Equal(-2 * Contracts.Nanos.PerUnit, smf.Money);
        smf.TopUp(3 * Contracts.Nanos.PerUnit);
        Assert.Equal((QuotaResult.Granted, 2, false), smf.Ask(1, QuotaOperation.Update, 2));
        Assert.Equal((QuotaResult.Granted, 1, true), smf.Ask(2, QuotaOperation.Create, 5));

        // Money that is left from before does not bound who pays with the bill, and is not touched.
        Consumer later = new(Octets("1")) { Network = HomeNetwork };
        later.TopUp(3 * Contracts.Nanos.PerUnit);
        Assert.Equal((QuotaResult.Granted, 5, false), later.Ask(1, QuotaOperation.Create, 5));
        later.Ask(1, QuotaOperation.Update, 5, used: 5);
        Assert.Equal(3 * Contracts.Nanos.PerUnit, later.Money);
    }

    /// <summary>Where a request names no size, that of the version counts, and where it has none, that of the policy: 10 MB.</summary>
    [Theory]
    [InlineData(0, 0, 10_000_000, 3600)]
    [InlineData(700, 60, 700, 60)]
    public void Quota_OfNoNamedSize_IsThatOfTheVersion(long octets, long validity, long granted, long seconds)
    {
        OfferingVersion offering = Octets("0.000000001") with { Limits = [], QuotaOctets = octets, QuotaValiditySeconds = validity };
        Consumer smf = new(offering) { Network = HomeNetwork };
        Assert.Equal((QuotaResult.Granted, granted, false), smf.Ask(1, QuotaOperation.Create, -1));
        Assert.Equal(Instant("2026-03-14T10:00:00Z") + (seconds * 1000), smf.ValidUntil);
        Assert.Equal((QuotaResult.Granted, 5, false), smf.Ask(1, QuotaOperation.Update, 5));
    }

    /// <summary>
    /// The version's size of a quota in seconds is that of calls (`reservation: {voice}`), not that of data that is priced by time.
    /// </summary>
    [Theory]
    [InlineData(UsageKind.Voice, 0, -1, 300)]
    [InlineData(UsageKind.Voice, 90, -1, 90)]
    [InlineData(UsageKind.Voice, 90, 45, 45)] // less than the minute that a call costs at least
    [InlineData(UsageKind.Voice, 90, 120, 120)]
    [InlineData(UsageKind.Data, 90, -1, 300)]
    [InlineData(UsageKind.Data, 90, 45, 45)]
    public void Quota_OfSeconds_IsThatOfTheVersionForCallsAlone(UsageKind kind, long own, long asked, long granted)
    {
        OfferingPrice data = Data("0.10") with { Unit = PriceUnit.Second, UnitSize = 60, Increment = 1, Bundle = false };
        Rater rater = new(Offering(kind == UsageKind.Voice ? Voice() : data) with { QuotaSeconds = own, QuotaOctets = 7 });
        long now = Instant("2026-03-14T10:00:00Z");
        UsageRecord usage = kind == UsageKind.Voice ? Call(1, -1) : DataUsage(1, -1);
        QuotaExchange exchange = new(rater.Session, new QuotaPolicy(), new QuotaCall(1, 1, QuotaOperation.Create, 0, null), now);
        QuotaGrant grant = Assert.Single(exchange.Finish([new QuotaDemand(10, -1, asked, -1, usage, new byte[1])], rater.Tariffs));
        Assert.Equal((kind, PriceUnit.Second, granted), (grant.Kind, grant.Unit, grant.Answer.GrantedUnits));
    }

    [Theory]
    [InlineData("optOut", 80, false)]
    [InlineData("75", 75, true)]
    [InlineData("agree", 80, false)] // to go on to the second limit: EUR 100
    public void Quota_OfACustomerWhoChose_EndsWhereThatSays(string choice, long granted, bool isFinal)
    {
        DateTimeOffset from = Time("2026-03-01T00:00:00Z");
        LimitChoice chosen = choice switch
        {
            "optOut" => new LimitChoice { Limit = "eu-roaming", From = from, InForce = false },
            "agree" => new LimitChoice { Limit = "eu-roaming-2", From = from, InForce = true },
            _ => new LimitChoice { Limit = "eu-roaming", From = from, InForce = true, Amount = Amount(choice) },
        };
        Consumer smf = new(Octets("1"), chosen);
        Assert.Equal((QuotaResult.Granted, granted, isFinal), smf.Ask(1, QuotaOperation.Create, 80));
    }

    /// <summary>
    /// Whatever sessions do that keep to their quotas: the spend passes the limit by less than one unit costs, the warning and the stop are
    /// sent once each, and when the limit is reached, nobody is granted any more.
    /// </summary>
    [Fact]
    public void ParallelSessions_ReachTheStopOnce_AndNobodyGoesOn() => Gen.Select(Gen.Int[1, 7], Gen.Bool, AnySteps).Sample(
        (price, isPrepaid, steps) =>
        {
            Consumer smf = new(Octets($"{price}") with { PaymentMethod = isPrepaid ? PaymentMethod.PrePaid : PaymentMethod.PostPaid });
            if (isPrepaid)
            {
                smf.TopUp(1000 * Contracts.Nanos.PerUnit);
            }

            smf.Run(steps);

            // The last one uses what is left.
            smf.EndAll();
            for ((QuotaResult result, long granted, _) = smf.Ask(9, QuotaOperation.Create, 40); result == QuotaResult.Granted;)
            {
                (result, granted, _) = smf.Ask(9, QuotaOperation.Update, 40, used: granted);
            }

            long spent = smf.Rated.Sum(one => one.Result.AmountNanos);
            Assert.InRange(spent, 50 * Contracts.Nanos.PerUnit, ((50 + price) * Contracts.Nanos.PerUnit) - 1);
            Assert.Equal(["STOP_100", "WARN_80"], smf.Notices.Order(StringComparer.Ordinal));
        },
        iter: Cases);

    /// <summary>
    /// However sessions are cut into reports, and beside whatever other sessions of the account: what is debited of a session is what it
    /// costs as a whole, and the money that is gone is the sum.
    /// </summary>
    [Fact]
    public void ParallelSessions_UnderPriceLists_CostWhatEachCostsAsAWhole() => Gen.Select(Gen.Int[0, 3], AnySteps).Sample(
        (form, steps) =>
        {
            const long Money = 1_000_000_000_000;
            OfferingVersion offering = Offering(Forms[form]) with
            {
                Limits = [],
                Currency = "EUR",
                PaymentMethod = PaymentMethod.PrePaid,
            };
            Consumer smf = new(offering) { Network = HomeNetwork };
            smf.TopUp(Money);
            smf.Run(steps);
            smf.EndAll();
            Dictionary<UInt128, long> debited = smf.Rated.GroupBy(one => one.Usage.Session)
                .ToDictionary(session => session.Key, session => session.Sum(one => one.Result.AmountNanos));
            Assert.Equal(Money - debited.Values.Sum(), smf.Money);

            Consumer whole = new(offering) { Network = HomeNetwork };
            foreach (IGrouping<UInt128, (UsageRecord Usage, RatingResult Result)> session in smf.Rated.GroupBy(one => one.Usage.Session))
            {
                long octets = session.Sum(one => one.Usage.TotalOctets);
                long cost = whole.Rate(session.Key, octets).AmountNanos;
                Assert.True(
                    IsSharedBySessions(form) || cost == debited[session.Key], $"{octets} octets: {cost}, not {debited[session.Key]}");
            }

            Assert.Equal(whole.Rated.Sum(one => one.Result.AmountNanos), debited.Values.Sum());
        },
        iter: Cases);

    // Blocks, a minimum and a fee of a session; a price that changes after so many octets of it; tiers of the month, which all sessions
    // share. A unit costs whole nano-units, because each record is rounded by itself.
    private static readonly OfferingPrice[] Forms =
    [
        Data() with { UnitSize = 1, Increment = 10, Bundle = false, ConnectFee = 0.05m },
        Data() with { UnitSize = 1, Increment = 1, Minimum = 60, Bundle = false },
        Data() with
        {
            Id = "steps",
            UnitSize = 1,
            Increment = 1,
            Bundle = false,
            Steps =
            [
                new PriceStep { From = 0, UnitPrice = 0.03m, UnitSize = 1, Increment = 10 },
                new PriceStep { From = 20, UnitPrice = 0.01m, UnitSize = 1, Increment = 1 },
            ],
        },
        Data() with
        {
            Id = "tiers",
            UnitSize = 1,
            Increment = 1,
            Bundle = false,
            Model = PriceModel.Graduated,
            Tiers =
            [
                new PriceTier { UpTo = 50, UnitPrice = 0.02m, UnitSize = 1 },
                new PriceTier { UpTo = -1, UnitPrice = 0.01m, UnitSize = 1 },
            ],
        },
    ];

    private static bool IsSharedBySessions(int form) => Forms[form].Model == PriceModel.Graduated;

    private static OfferingVersion Octets(string price) =>
        Offering(Data(price) with { UnitSize = 1, Increment = 1, Bundle = false });

    /// <summary>An SMF with sessions of subscriber 1.</summary>
    private sealed class Consumer
    {
        private static readonly long Now = Instant("2026-03-14T10:00:00Z");

        private readonly Rater _rater;
        private readonly QuotaPolicy _policy = new();
        private readonly Dictionary<int, (long Began, long Sequence, long Granted)> _open = [];
        private readonly Dictionary<int, int> _lives = [];
        private int _id;

        public Consumer(OfferingVersion offering, params LimitChoice[] choices)
        {
            _rater = new Rater(offering);
            if (choices.Length > 0)
            {
                _rater.Subscribe(1, Rater.Period("A-1", "test", long.MinValue, long.MaxValue) with { Limits = choices });
            }
        }

        public string Network { get; init; } = World;

        /// <summary>Until when the last quota may be used, milliseconds since 1970-01-01 UTC.</summary>
        public long ValidUntil { get; private set; }

        public List<string> Notices { get; } = [];

        public List<(UsageRecord Usage, RatingResult Result)> Rated { get; } = [];

        public long? Money => _rater.Session.FindQuotaAccount(Owner)!.Reservation.MoneyNanos;

        private UInt128 Owner => _rater.Session.TryFindOwner(1, Now, out UInt128 owner) ? owner : throw new InvalidOperationException();

        public void TopUp(long nanos)
        {
            QuotaAccount account = _rater.Session.FindQuotaAccount(Owner) ?? QuotaAccount.Empty;
            _rater.Session.SetQuotaAccount(Owner, account with
            {
                Currency = Currency.Of("EUR"u8),
                Reservation = account.Reservation with { MoneyNanos = nanos },
            });
            _rater.Session.Commit();
        }

        public void Run((int Session, int Used, int Wanted, int End)[] steps)
        {
            foreach ((int session, int used, int wanted, int end) in steps)
            {
                bool isOpen = _open.TryGetValue(session, out (long Began, long Sequence, long Granted) known);
                QuotaOperation operation = !isOpen ? QuotaOperation.Create : end == 0 ? QuotaOperation.Release : QuotaOperation.Update;
                Ask(session, operation, wanted, used: isOpen ? known.Granted * used / 100 : 0);
            }
        }

        public void EndAll()
        {
            foreach (int session in _open.Keys.ToArray())
            {
                Ask(session, QuotaOperation.Release, 0);
            }
        }

        public (QuotaResult Result, long Units, bool IsFinal) Ask(
            int session, QuotaOperation operation, long wanted, long used = 0, string? network = null)
        {
            bool isOpen = _open.TryGetValue(session, out (long Began, long Sequence, long Granted) known);
            UInt128 charging = ChargingSession(session);
            QuotaExchange exchange = new(
                _rater.Session, _policy,
                new QuotaCall(1, (ulong)session, operation, isOpen ? known.Sequence + 1 : 0, isOpen ? known.Began : null), Now);
            Assert.Equal(QuotaOutcome.New, exchange.Outcome);
            UsageRecord usage = DataUsage(++_id, used, network: network ?? Network) with { Session = charging };
            if (used > 0)
            {
                _rater.Session.Rate(in usage, _rater.Tariffs, out RatingResult result);
                Note(in usage, in result);
                exchange.Used(in usage, in result, _rater.Tariffs);
            }

            QuotaDemand demand = new(10, wanted, -1, -1, usage with { TotalOctets = -1 }, new byte[1]);
            QuotaAnswer answer = exchange.Finish(operation == QuotaOperation.Release ? [] : [demand], _rater.Tariffs)
                .Select(grant => grant.Answer).FirstOrDefault();
            ValidUntil = answer.ValidUntilMilliseconds;
            _rater.Session.Commit();
            if (operation == QuotaOperation.Release)
            {
                _open.Remove(session);
                _lives[session] = _lives.GetValueOrDefault(session) + 1;
            }
            else
            {
                _open[session] = (exchange.BeganMilliseconds, isOpen ? known.Sequence + 1 : 0, answer.GrantedUnits);
            }

            return (answer.Result, answer.GrantedUnits, answer.IsFinalUnit);
        }

        /// <summary>Rates a session that comes in one record.</summary>
        public RatingResult Rate(UInt128 session, long octets)
        {
            UsageRecord usage = DataUsage(++_id, octets, network: Network) with { Session = session };
            _rater.Session.Rate(in usage, _rater.Tariffs, out RatingResult result);
            Note(in usage, in result);
            _rater.Session.Commit();
            return result;
        }

        /// <summary>
        /// A session in the network. As real ones, it is spread over all bits: the odd factor is 2¹²⁸ divided by the golden ratio.
        /// </summary>
        private UInt128 ChargingSession(int session) =>
            unchecked(
                new UInt128(0x9E3779B97F4A7C15, 0xF39CC0605CEDC835) * (uint)((16 * _lives.GetValueOrDefault(session)) + session + 1));

        private void Note(in UsageRecord usage, in RatingResult result)
        {
            Assert.True(result.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated, $"{result.Outcome} {result.RejectedReason}");
            Rated.Add((usage, result));
            foreach (SentNotice sent in _rater.Session.Notices(in result))
            {
                Notices.Add(sent.Notice.Step.Notification);
            }
        }
    }
}
