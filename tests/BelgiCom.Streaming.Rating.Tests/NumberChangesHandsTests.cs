using System.Text;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>
/// Numbers, and the IMSIs that are other names of them, go from account to account while usage comes. The expected side keeps a row for
/// each account and for each number on it, in dictionaries, and knows nothing of sessions, holders or hops.
/// </summary>
public sealed class NumberChangesHandsTests
{
    private const int Cases = 10_000;
    private const int Numbers = 4;
    private const int FirstImsi = 100;
    private const int MostUses = 24;
    private const long OwnUnits = 300;
    private const long SharedUnits = 2_000;
    private const long UnitNanos = 3;
    private const long LimitNanos = 1_500;

    // Usage is of March and April 2026; the months of Brussels begin at these instants.
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.FromHours(1));
    private static readonly DateTimeOffset April = new(2026, 4, 1, 0, 0, 0, TimeSpan.FromHours(2));
    private static readonly string[] Accounts = ["fam-1", "fam-2", "own-1", "own-2"];

    private static readonly Gen<Case> AnyCase =
        from moves in Gen.Select(Gen.Int[0, 43], Gen.Int[0, Accounts.Length - 1]).Array[0, 3].Array[Numbers]
        from firsts in Gen.Int[0, Accounts.Length - 1].Array[Numbers]
        from names in Gen.Select(Gen.Int[0, 43], Gen.Int[0, Numbers - 1]).Array[0, 2].Array[2]
        from uses in Gen.Select(Gen.Int[0, 44 * 24], Gen.Int[0, Numbers + 1], Gen.Long[1, 900], Gen.Int[0, 9]).Array[1, MostUses]
        select new Case(moves, firsts, names, uses);

    [Fact]
    public void NumbersThatChangeHands_TakeNothingWithThem() => AnyCase.Sample(
        test =>
        {
            CompiledCatalogue catalogue = new(takesAllTerms: false);
            catalogue.Put(Offering("fam", isShared: true));
            catalogue.Put(Offering("own", isShared: false));
            catalogue.Compile();
            Partitions partitions = new(catalogue);
            Dictionary<int, IReadOnlyList<SubscriptionPeriod>> periods = test.Periods();
            foreach ((int reference, IReadOnlyList<SubscriptionPeriod> own) in periods)
            {
                partitions.Subscribe(reference, own);
            }

            Rows rows = new();
            foreach ((int index, (int hours, int who, long units, int roll)) in test.Uses.Index())
            {
                DateTimeOffset at = Begin.AddHours(hours);
                int reference = who < Numbers ? who : FirstImsi + who - Numbers;
                (int Number, string Account)? payer = Payer(periods, reference, at);
                bool isAborted = roll == 0;
                Charge charge = partitions.Rate(reference, index + 1, at, units, isAborted);
                if (payer is { } known)
                {
                    Assert.Equal(rows.Charge(known.Number, known.Account, at < April ? 3 : 4, units, isKept: !isAborted), charge);
                }
                else
                {
                    Assert.Equal(Charge.Suspended, charge);
                }
            }
        },
        iter: Cases);

    /// <summary>Who pays for usage of a reference at an instant: through the name, the number's account then.</summary>
    private static (int Number, string Account)? Payer(
        Dictionary<int, IReadOnlyList<SubscriptionPeriod>> periods, int reference, DateTimeOffset at)
    {
        SubscriptionPeriod? period = periods[reference].FirstOrDefault(
            one => (one.ValidFrom ?? DateTimeOffset.MinValue) <= at && at < (one.ValidTo ?? DateTimeOffset.MaxValue));
        return period switch
        {
            null => null,
            { AliasOf: { } named } => Payer(periods, (int)named.Low, at),
            _ => (reference, period.Account),
        };
    }

    private static OfferingVersion Offering(string name, bool isShared) => new()
    {
        Offering = name,
        Version = 1,
        Name = name,
        Currency = "EUR",
        Zones = [new RoamingZone { Name = RoamingZone.Home, Plmns = ["*"] }],
        Prices =
        [
            new OfferingPrice
            {
                Id = "data",
                Kind = UsageKind.Data,
                Unit = PriceUnit.Octet,
                UnitSize = 1,
                UnitPrice = Nanos.ToDecimal(UnitNanos),
                Increment = 1,
                Bundle = true,
            },
        ],
        Bundles =
        [
            new Bundle { Id = "mine", Kind = UsageKind.Data, Units = OwnUnits },
            .. isShared ? [new Bundle { Id = "pool", Kind = UsageKind.Data, Units = SharedUnits, Priority = 1, Shared = true }]
                : Array.Empty<Bundle>(),
        ],
        Limits =
        [
            new OfferingLimit
            {
                Id = "all",
                Scope = SpendScope.All,
                Amount = Nanos.ToDecimal(LimitNanos),
                Steps = [new OfferingLimitStep { Permille = 1000 }],
            },
        ],
    };

    /// <summary>What came of one use.</summary>
    private readonly record struct Charge(string Account, long FromBundles, long Nanos, long Spend, int Notices)
    {
        public static readonly Charge Suspended = new("", 0, 0, 0, 0);
    }

    /// <summary>A random history.</summary>
    private sealed record Case(
        (int Day, int Account)[][] Moves, int[] Firsts, (int Day, int Number)[][] Names, (int Hours, int Who, long Units, int Roll)[] Uses)
    {
        /// <summary>Who has which account, and which number an IMSI names, over time.</summary>
        public Dictionary<int, IReadOnlyList<SubscriptionPeriod>> Periods()
        {
            Dictionary<int, IReadOnlyList<SubscriptionPeriod>> periods = [];
            for (int number = 0; number < Numbers; number++)
            {
                (int Day, int Account)[] moves =
                    [(-1, Firsts[number]), .. Moves[number].OrderBy(move => move.Day).DistinctBy(move => move.Day)];
                periods[number] = [.. moves.Index().Select(move => new SubscriptionPeriod
                {
                    ValidFrom = move.Index == 0 ? null : Begin.AddDays(move.Item.Day),
                    ValidTo = move.Index == moves.Length - 1 ? null : Begin.AddDays(moves[move.Index + 1].Day),
                    Account = Accounts[move.Item.Account],
                    Offering = Accounts[move.Item.Account][..3],
                })];
            }

            for (int imsi = 0; imsi < Names.Length; imsi++)
            {
                (int Day, int Number)[] names = [.. Names[imsi].OrderBy(name => name.Day).DistinctBy(name => name.Day)];
                periods[FirstImsi + imsi] = [.. names.Index().Select(name => new SubscriptionPeriod
                {
                    ValidFrom = Begin.AddDays(name.Item.Day),
                    ValidTo = name.Index == names.Length - 1 ? null : Begin.AddDays(names[name.Index + 1].Day),
                    AliasOf = SubscriberRef.FromHalves(0, (ulong)name.Item.Number),
                })];
            }

            return periods;
        }
    }

    /// <summary>What each account and each number on it used and spent, by month.</summary>
    private sealed class Rows
    {
        private readonly Dictionary<(string Account, int Month), long> _pool = [];
        private readonly Dictionary<(int Number, string Account, int Month), (long Own, long Spend)> _own = [];

        public Charge Charge(int number, string account, int month, long units, bool isKept)
        {
            long pool = _pool.GetValueOrDefault((account, month));
            (long own, long spend) = _own.GetValueOrDefault((number, account, month));
            long fromOwn = Math.Min(units, OwnUnits - own);
            long fromPool = account[0] == 'f' ? Math.Min(units - fromOwn, SharedUnits - pool) : 0;
            long nanos = (units - fromOwn - fromPool) * UnitNanos;
            if (isKept)
            {
                _pool[(account, month)] = pool + fromPool;
                _own[(number, account, month)] = (own + fromOwn, spend + nanos);
            }

            return new Charge(
                account, fromOwn + fromPool, nanos, spend + nanos, spend < LimitNanos && spend + nanos >= LimitNanos ? 1 : 0);
        }
    }

    /// <summary>Three partitions, and the ways between them: by name, and to the account.</summary>
    private sealed class Partitions(CompiledCatalogue catalogue)
    {
        private readonly RatingSession[] _sessions = [new(45, 45), new(45, 45), new(45, 45)];
        private readonly AccountKeys _keys = new();

        public void Subscribe(int reference, IReadOnlyList<SubscriptionPeriod> periods) =>
            Of(reference).SetSubscription((UInt128)reference, periods, catalogue.Offerings);

        public Charge Rate(int reference, int id, DateTimeOffset at, long units, bool isAborted)
        {
            UsageRecord usage = new()
            {
                UsageId = (UInt128)id,
                Fingerprint = 1,
                Subscriber = (UInt128)reference,
                Kind = UsageKind.Data,
                TotalOctets = units,
                DurationSeconds = -1,
                Messages = -1,
                ServiceUnits = -1,
                ValueNanos = -1,
                RatingGroup = -1,
                EventTimeMilliseconds = at.ToUnixTimeMilliseconds(),
                EndTimeMilliseconds = at.ToUnixTimeMilliseconds(),
            };
            RatingSession session = Of(reference);
            session.Rate(in usage, catalogue.Tariffs, out RatingResult result);
            if (!result.IsOfAccount && result.Outcome == RatingOutcome.Suspended
                && session.TryFindNamed(usage.Subscriber, usage.EventTimeMilliseconds, out UInt128 named))
            {
                usage = usage with { Subscriber = named };
                session = Of((int)named);
                session.Rate(in usage, catalogue.Tariffs, out result);
            }

            if (result.IsOfAccount)
            {
                Membership member = session.MemberOf(in usage, in result, catalogue.Tariffs, _keys);
                session = _sessions[(int)(member.AccountKey % 3)];
                session.RateForAccount(in usage, in member, catalogue.Tariffs, out result);
            }

            Charge charge = result.Outcome != RatingOutcome.Rated ? Charge.Suspended : new Charge(
                Encoding.UTF8.GetString(session.Account(in result)), result.BundleUnits, result.AmountNanos,
                result.Balance.SpendNanos, session.Notices(in result).Length);
            foreach (RatingSession one in _sessions)
            {
                if (isAborted)
                {
                    one.Abort();
                }
                else
                {
                    one.Commit();
                }
            }

            return charge;
        }

        private RatingSession Of(int reference) => _sessions[reference % 3];
    }
}
