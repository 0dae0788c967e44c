using System.Numerics;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Limits where usage is rated: spend per scope, choices of customers, exactly one notice for a step and month, over aborts and restores.
/// </summary>
public sealed class SpendLaneTests
{
    private const int Cases = 10_000;
    private const string Home = "00101";
    private const string World = "310260";
    private const string Law = "eu-roaming";

    private static readonly string[] Limits = [Law, "eu-roaming-2", "be-domestic", "company", "away"];
    private static readonly long Start = Given.Instant("2026-03-25T00:00:00Z");

    /// <summary>One octet, second or message costs a euro, at home and abroad.</summary>
    private static readonly OfferingVersion Plain = Given.Offering(
        Given.Data("1") with { UnitSize = 1, Increment = 1, Bundle = false },
        Given.Voice("1") with { UnitSize = 1, Minimum = 0, ConnectFee = 0, Bundle = false },
        Given.Sms("1") with { Bundle = false }) with
    {
        Offering = "plain",
        VatPermille = 210,
    };

    /// <summary>
    /// The same with VAT, and calls in volume tiers, where an event may give money back; with a limit of the company's own.
    /// </summary>
    private static readonly OfferingVersion List = Plain with
    {
        Offering = "list",
        PriceBasis = PriceBasis.Gross,
        Prices =
        [
            Plain.Prices[0], Plain.Prices[2],
            new OfferingPrice
            {
                Id = "calls",
                Kind = UsageKind.Voice,
                Unit = PriceUnit.Second,
                UnitSize = 1,
                Increment = 1,
                Model = PriceModel.Volume,
                Tiers = [
                    new PriceTier { UpTo = 30, UnitPrice = 2, UnitSize = 1 }, new PriceTier { UpTo = -1, UnitPrice = 0.5m, UnitSize = 1 }],
            },
        ],
        Limits =
        [
            new OfferingLimit
            {
                Id = "company",
                Scope = SpendScope.All,
                Amount = 90,
                Steps =
                [
                    new OfferingLimitStep { Permille = 500, Notification = "HALF", Action = LimitAction.Warn },
                    new OfferingLimitStep { Permille = 1000, Notification = "ALL", Action = LimitAction.CutOff },
                ],
            },
            new OfferingLimit
            {
                Id = "away",
                Kinds = [UsageKind.Voice, UsageKind.Sms],
                Zones = ["world"],
                Amount = 60,
                Steps = [new OfferingLimitStep { Permille = 500, Notification = "HALF_AWAY", Action = LimitAction.Message }],
            },
        ],
    };

    private static readonly Gen<(int Limit, long At, int Kind)[]> AnyChoices =
        Gen.Select(Gen.Int[0, 4], Gen.Long[0, 14 * 86_400_000L], Gen.Int[0, 5]).Array[0, 3];

    private static readonly Gen<(int Subscriber, int Kind, int Units, long At)> AnyUsage =
        Gen.Select(Gen.Int[1, 3], Gen.Int[0, 5], Gen.Int[0, 30], Gen.Long[0, 14 * 86_400_000L]);

    /// <summary>Against sums and fractions, with batches that abort and owners that restore what the topics hold.</summary>
    [Fact]
    public void Notices_OfAnyUsageWithAbortsAndRestores_AreThoseOfTheModelOnceEach() =>
        Gen.Select(AnyUsage.Array[1, 40], AnyChoices.Array[3], Gen.Int[1, 7], Gen.Int[0, 2].Array[40], Gen.Bool).Sample(
            (usage, choices, batch, endings, isOrdered) =>
            {
                UsageRecord[] events = [.. usage.Select((one, index) => Event(index + 1, one.Subscriber, one.Kind, one.Units, one.At))];
                events = isOrdered ? [.. events.OrderBy(one => one.EventTimeMilliseconds)] : events;
                LimitChoice[][] chosen = [.. choices.Select(ChoicesOf)];
                Model model = new(chosen);
                StateStore store = new();
                Rater rater = NewRater(chosen);
                foreach ((int number, UsageRecord[] part) in events.Chunk(batch).Index())
                {
                    if (endings[number] == 1)
                    {
                        store.Handle(rater, part, balances: 2);
                        rater.Session.Abort();
                    }
                    else if (endings[number] == 2)
                    {
                        rater = NewRater(chosen);
                        store.RestoreTo(rater.Session);
                    }

                    RatingResult[] rated = store.Handle(rater, part, balances: 2);
                    foreach ((RatingResult result, UsageRecord of) in rated.Zip(part))
                    {
                        Assert.Equal(
                            model.Count(of, result.AmountNanos),
                            string.Join(", ", rater.Session.Notices(in result).ToArray().Select(Describe)));
                    }

                    store.Commit(rater.Session, beginCheckpoint: number % 3 == 0);
                }
            },
            iter: Cases);

    [Fact]
    public void Choice_BelowWhatIsSpent_IsReachedWithTheNextUsageOfItsScopeEvenIfThatIsFree()
    {
        OfferingVersion free = Plain with
        {
            Prices = [.. Plain.Prices.Select(price => price with { UnitPrice = price.Kind == UsageKind.Data ? 1 : 0 })],
        };
        Rater rater = new(free with { Offering = "test" });
        rater.Subscribe(1, Rater.Period("A-1", "test", long.MinValue, long.MaxValue) with
        {
            Limits = [new LimitChoice { Limit = Law, From = Given.Time("2026-03-10T00:00:00Z"), Amount = 20 }],
        });

        Assert.Equal("", rater.Notices(Given.DataUsage(1, 30, "2026-03-09T23:00:00Z", World)));
        Assert.Equal("", rater.Notices(Given.Message(2, "2026-03-10T01:00:00Z")));
        Assert.Equal("WARN_80 STOP_100", rater.Notices(Given.DataUsage(3, 0, "2026-03-10T02:00:00Z", World) with { TotalOctets = 1 }));
        Assert.Equal("", rater.Notices(Given.DataUsage(4, 500, "2026-03-10T03:00:00Z", World)));
    }

    /// <summary>Free numbers and emergency calls cost nothing: they count against no limit, and no step is sent for them.</summary>
    [Fact]
    public void UsageThatIsFree_OfACustomerWhoChoseNothing_CountsForNothing()
    {
        Rater rater = new((Plain with
        {
            Offering = "test",
            Prices = [Plain.Prices[0], Plain.Prices[1] with { UnitPrice = 0 }],
            Limits = [new OfferingLimit
            {
                Id = "be-domestic", Scope = SpendScope.Domestic, Basis = PriceBasis.Gross,
                Steps = [new OfferingLimitStep { Permille = 1000, Notification = "CEILING_REACHED" }],
            }],
        }));

        Assert.Equal("", rater.Notices(Given.Call(1, 600)));
        Assert.Equal("CEILING_REACHED", rater.Notices(Given.DataUsage(2, 1)));
    }

    [Fact]
    public void Consent_IsForTheMonth_AndTheFirstLimitStopsAgainInTheNext()
    {
        Rater rater = new(Plain with { Offering = "test" });
        rater.Subscribe(1, Rater.Period("A-1", "test", long.MinValue, long.MaxValue) with
        {
            Limits = [new LimitChoice { Limit = "eu-roaming-2", From = Given.Time("2026-03-10T00:00:00Z") }],
        });

        Assert.Equal("WARN_80 STOP_100", rater.Notices(Given.DataUsage(1, 50, "2026-03-09T10:00:00Z", World)));
        Assert.Equal("", rater.Notices(Given.DataUsage(2, 39, "2026-03-10T10:00:00Z", World)));
        Assert.Equal("WARN_2", rater.Notices(Given.DataUsage(3, 1, "2026-03-10T11:00:00Z", World)));
        Assert.Equal("STOP_2", rater.Notices(Given.DataUsage(4, 10, "2026-03-31T21:59:59Z", World)));
        Assert.Equal("WARN_80 STOP_100", rater.Notices(Given.DataUsage(5, 100, "2026-03-31T22:00:00Z", World)));
    }

    /// <summary>What an earlier release notified is not notified again in the month of the upgrade.</summary>
    [Fact]
    public void Step_ThatAReleaseBeforeLimitsSent_IsNotSentAgain()
    {
        Rater rater = new(Plain with { Offering = "test" });
        rater.Session.RestoreBalance(new BalanceEntry(1, Given.Days("2026-03-01"), new Balance
        {
            SpendNanos = Given.Nanos("45"),
            RoamingDataSpendNanos = Given.Nanos("45"),
            Notified = ThresholdKinds.RoamingData80Percent,
            Currency = Currency.Of("EUR"u8),
        }));
        rater.Session.Commit();

        Assert.Equal("STOP_100", rater.Notices(Given.DataUsage(1, 5, network: World)));
    }

    private static Rater NewRater(LimitChoice[][] chosen)
    {
        Rater rater = new(Plain, List);
        for (int subscriber = 1; subscriber <= 3; subscriber++)
        {
            rater.Subscribe((UInt128)subscriber, Rater.Period($"A-{subscriber}", OfferingOf(subscriber), long.MinValue, long.MaxValue) with
            {
                Limits = chosen[subscriber - 1],
            });
        }

        return rater;
    }

    private static string OfferingOf(int subscriber) => subscriber == 2 ? "list" : "plain";

    private static UsageRecord Event(int id, int subscriber, int kind, int units, long at)
    {
        UsageRecord usage = (kind % 3) switch
        {
            0 => Given.DataUsage(id, units),
            1 => Given.Call(id, units),
            _ => Given.Message(id),
        };
        return usage with
        {
            Subscriber = (UInt128)subscriber,
            EventTimeMilliseconds = Start + at,
            ServingPlmn = Given.Network(kind >= 3 ? World : Home),
        };
    }

    private static LimitChoice[] ChoicesOf((int Limit, long At, int Kind)[] drawn) =>
    [
        .. drawn.DistinctBy(choice => choice.At).OrderBy(choice => choice.At).Select(choice => new LimitChoice
        {
            Limit = Limits[choice.Limit],
            From = DateTimeOffset.FromUnixTimeMilliseconds(Start + choice.At),
            InForce = choice.Kind != 0,
            Amount = choice.Kind < 2 ? null : choice.Kind * 10 - 20,
        }),
    ];

    private static string Describe(SentNotice sent) =>
        $"{sent.Notice.Limit.Id} {sent.Notice.Limit.AmountNanos} {sent.Notice.Step.Permille} {sent.Notice.Step.Action} {sent.SpendNanos}";

    /// <summary>The rules in other words: everything is looked up anew for each event, and compared without dividing.</summary>
    private sealed class Model(LimitChoice[][] chosen)
    {
        private static readonly (
            string Id, string Scope, long Euros, bool IsGross, string After, (int Permille, LimitAction Action)[] Steps)[] OfLaw =
        [
            (Law, "roaming", 50, false, "", [(800, LimitAction.Warn), (1000, LimitAction.CutOff)]),
            ("eu-roaming-2", "roaming", 100, false, Law, [(900, LimitAction.Warn), (1000, LimitAction.CutOff)]),
            ("be-domestic", "home", 50, true, "", [(1000, LimitAction.Message)]),
        ];

        private readonly Dictionary<(UInt128, DateOnly, string), BigInteger> _spend = [];
        private readonly HashSet<(UInt128, DateOnly, string, BigInteger, int)> _sent = [];

        public string Count(UsageRecord usage, long nanos)
        {
            DateOnly month = MonthOf(DateTimeOffset.FromUnixTimeMilliseconds(usage.EventTimeMilliseconds));
            bool isHome = usage.ServingPlmn == Given.Network(Home);
            bool isList = OfferingOf((int)usage.Subscriber) == "list";
            string scope = isHome ? "home" : usage.Kind == UsageKind.Data ? "roaming" : "other";
            LimitChoice[] mine = chosen[(int)usage.Subscriber - 1];
            bool isCharged = usage.Kind == UsageKind.Data
                ? usage.TotalOctets > 0
                : usage.Kind != UsageKind.Voice || usage.DurationSeconds > 0;
            List<(BigInteger From, string Text)> reached = [];
            foreach (string counted in new[] { scope, "all", "away" }.Where(one => one != "away" || (isList && scope == "other")))
            {
                BigInteger spend = _spend[(usage.Subscriber, month, counted)] =
                    _spend.GetValueOrDefault((usage.Subscriber, month, counted)) + nanos;
                if (!isCharged || (nanos == 0 && mine.Length == 0))
                {
                    continue;
                }

                List<(BigInteger From, string Text)> steps = [];
                foreach ((string id, string of, long euros, bool isGross, string after, (int Permille, LimitAction Action)[] all) in isList
                    ?
                    [
                        ("company", "all", 90L, false, "", [(500, LimitAction.Warn), (1000, LimitAction.CutOff)]),
                        ("away", "away", 60L, false, "", [(500, LimitAction.Message)]), .. OfLaw,
                    ]
                    : OfLaw)
                {
                    LimitChoice? choice = Last(mine, id, usage);
                    bool isAgreed = choice is { InForce: true } && MonthOf(choice.From) == month
                        && Last(mine, after, usage) is not { InForce: false };
                    if (of != counted || (after.Length == 0 ? choice is { InForce: false } : !isAgreed))
                    {
                        continue;
                    }

                    BigInteger limit = choice?.Amount is { } own ? (BigInteger)(own * 1_000_000_000) : euros * (BigInteger)1_000_000_000;
                    bool goesOn = OfLaw.Any(next => next.After == id && Last(mine, next.Id, usage) is { InForce: true } consent
                        && MonthOf(consent.From) == month);
                    foreach ((int permille, LimitAction action) in all)
                    {
                        // Spend × 1000 × (1.21 or 1) >= limit × permille × (1.21 or 1).
                        BigInteger ours = spend * 1000 * (isList || !isGross ? 1000 : 1210);
                        BigInteger least = limit * permille * (isList && !isGross ? 1210 : 1000);
                        if (spend > 0 && ours >= least && _sent.Add((usage.Subscriber, month, id, limit, permille)))
                        {
                            LimitAction ordered = goesOn && action == LimitAction.CutOff ? LimitAction.Message : action;
                            steps.Add((least * (isList || !isGross ? 1210 : 1000), $"{id} {limit} {permille} {ordered} {spend}"));
                        }
                    }
                }

                reached.AddRange(steps.OrderBy(step => step.From));
            }

            return string.Join(", ", reached.Select(step => step.Text));
        }

        private static LimitChoice? Last(LimitChoice[] choices, string limit, UsageRecord usage) => choices.LastOrDefault(
            choice => choice.Limit == limit && choice.From.ToUnixTimeMilliseconds() <= usage.EventTimeMilliseconds);

        private static DateOnly MonthOf(DateTimeOffset at)
        {
            DateTimeOffset local = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById("Europe/Brussels"));
            return new DateOnly(local.Year, local.Month, 1);
        }
    }
}
