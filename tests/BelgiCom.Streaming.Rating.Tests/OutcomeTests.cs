using System.Text;
using BelgiCom.Streaming.Contracts;
using static BelgiCom.Streaming.Rating.Tests.Given;

namespace BelgiCom.Streaming.Rating.Tests;

public sealed class OutcomeTests
{
    private static readonly OfferingVersion Plain = Offering(Data(), Voice(), Sms());

    [Fact]
    public void SameId_Twice_IsDuplicate_AlsoInsideOneBatch()
    {
        Rater rater = new(Plain);
        RatingResult[] rated = rater.Rate(Message(1), Message(1), Message(2));

        Assert.Equal([RatingOutcome.Rated, RatingOutcome.Duplicate, RatingOutcome.Rated], rated.Select(one => one.Outcome));
        Assert.Equal(RatingOutcome.Duplicate, rater.One(Message(2)).Outcome);
    }

    [Fact]
    public void UnknownSubscriber_IsSuspended_AndRatedWhenRedriven()
    {
        Rater rater = new(Plain);
        UsageRecord usage = Message(1) with { Subscriber = 77 };
        RatingResult first = rater.One(usage);
        rater.Subscribe(77, "test");

        Assert.Equal((RatingOutcome.Suspended, RejectedReason.UnknownSubscriber), (first.Outcome, first.RejectedReason));
        Assert.Equal(RatingOutcome.Rated, rater.One(usage).Outcome);
    }

    [Fact]
    public void SubscriptionPeriods_AreHalfOpen_AndNameTheirAccount()
    {
        Rater rater = new(Plain, Offering(Sms("0.01")) with { Offering = "other" });
        long change = Instant("2026-03-10T00:00:00Z");
        rater.Subscribe(1,
        [
            Rater.Period("OLD", "test", Instant("2026-03-01T00:00:00Z"), change),
            Rater.Period("NEW", "other", change, Instant("2026-03-20T00:00:00Z")),
        ]);

        RatingResult[] rated = rater.Rate(
            Message(1, "2026-02-28T23:59:59.999Z"), Message(2, "2026-03-09T23:59:59.999Z"), Message(3, "2026-03-10T00:00:00Z"),
            Message(4, "2026-03-20T00:00:00Z"));

        Assert.Equal(RejectedReason.NoSubscriptionAtEventTime, rated[0].RejectedReason);
        Assert.Equal("OLD", Encoding.UTF8.GetString(rater.Session.Account(in rated[1])));
        Assert.Equal("NEW", Encoding.UTF8.GetString(rater.Session.Account(in rated[2])));
        Assert.Equal(Nanos("0.01"), rated[2].AmountNanos);
        Assert.Equal(RejectedReason.NoSubscriptionAtEventTime, rated[3].RejectedReason);
    }

    [Fact]
    public void SubscriptionReplaced_ManyTimes_KeepsTheLast()
    {
        Rater rater = new(Plain);
        for (int round = 0; round < 100; round++)
        {
            int names = round % 4;
            SubscriptionPeriod[] periods = [
                .. Enumerable.Range(0, names).Select(i => Rater.Period($"ACCOUNT-{round}-{i}", "test", i * 1000, (i + 1) * 1000))];
            rater.Subscribe(1, periods);
            rater.Subscribe(2, [Rater.Period("TWO", "test", 0, long.MaxValue)]);
        }

        rater.Subscribe(1, [Rater.Period("LAST", "test", 0, long.MaxValue)]);
        RatingResult[] rated = rater.Rate(Message(1), Message(2) with { Subscriber = 2 });
        Assert.Equal("LAST", Encoding.UTF8.GetString(rater.Session.Account(in rated[0])));
        Assert.Equal("TWO", Encoding.UTF8.GetString(rater.Session.Account(in rated[1])));
    }

    [Fact]
    public void OfferingUnknownOrNotYetInForce_IsSuspended()
    {
        Rater rater = new(Plain with { ValidFrom = Time("2026-03-01T00:00:00Z") });
        rater.Subscribe(2, "missing");

        Assert.Equal(RejectedReason.NoTariff, rater.One(Message(1, "2026-02-28T00:00:00Z")).RejectedReason);
        Assert.Equal(RejectedReason.NoTariff, rater.One(Message(2) with { Subscriber = 2 }).RejectedReason);
    }

    [Fact]
    public void UnitOfThePriceNotMeasured_IsSuspendedAndNotFree()
    {
        Rater rater = new(Plain);

        RatingResult result = rater.One(DataUsage(1, -1));

        Assert.Equal(RatingOutcome.Suspended, result.Outcome);
        Assert.Equal(RejectedReason.NotMeasured, result.RejectedReason);
    }

    public static TheoryData<string, UsageRecord, PriceUnit, RatingOutcome, string> Measures()
    {
        UsageRecord data = DataUsage(1, 2 * MiB);
        UsageRecord call = Call(1, 60);
        UsageRecord message = Message(1);
        return new()
        {
            // 2 MiB at 0.01 a MiB.
            { "volume", data with { DurationSeconds = 300 }, PriceUnit.Octet, RatingOutcome.Rated, "0.02" },
            { "volume, time not measured", data with { DurationSeconds = -1 }, PriceUnit.Octet, RatingOutcome.Rated, "0.02" },
            { "no volume used", data with { TotalOctets = 0, DurationSeconds = 300 }, PriceUnit.Octet, RatingOutcome.ZeroRated, "0" },
            { "only time measured", data with { TotalOctets = -1, DurationSeconds = 300 }, PriceUnit.Octet, RatingOutcome.Suspended, "0" },
            { "nothing measured", data with { TotalOctets = -1, DurationSeconds = -1 }, PriceUnit.Octet, RatingOutcome.Suspended, "0" },

            // 300 s at 0.01 a second.
            { "time of data", data with { DurationSeconds = 300 }, PriceUnit.Second, RatingOutcome.Rated, "3.00" },
            {
                "time, volume not measured", data with { TotalOctets = -1, DurationSeconds = 300 },
                PriceUnit.Second, RatingOutcome.Rated, "3.00"
            },
            { "no time used", data with { TotalOctets = -1, DurationSeconds = 0 }, PriceUnit.Second, RatingOutcome.ZeroRated, "0" },
            { "only volume measured", data with { DurationSeconds = -1 }, PriceUnit.Second, RatingOutcome.Suspended, "0" },

            // 60 s at 0.10 a minute and 0.05 to connect.
            { "call", call with { TotalOctets = -1, Messages = -1 }, PriceUnit.Octet, RatingOutcome.Rated, "0.15" },
            {
                "call of 0 s", call with { DurationSeconds = 0, TotalOctets = -1, Messages = -1 },
                PriceUnit.Octet, RatingOutcome.ZeroRated, "0"
            },
            { "call without its time", call with { DurationSeconds = -1 }, PriceUnit.Octet, RatingOutcome.Suspended, "0" },
            { "call with octets only", call with { DurationSeconds = -1, TotalOctets = 9 }, PriceUnit.Octet, RatingOutcome.Suspended, "0" },

            // 0.08 a message.
            {
                "messages", message with { Messages = 3, DurationSeconds = -1, TotalOctets = -1 },
                PriceUnit.Octet, RatingOutcome.Rated, "0.24"
            },
            { "no messages", message with { Messages = 0, DurationSeconds = 7 }, PriceUnit.Octet, RatingOutcome.ZeroRated, "0" },
            {
                "messages not counted", message with { Messages = -1, DurationSeconds = 7, TotalOctets = 9 },
                PriceUnit.Octet, RatingOutcome.Suspended, "0"
            },
        };
    }

    /// <summary>Each row says what was measured, what the price of data counts, and what becomes of the usage.</summary>
    [Theory]
    [MemberData(nameof(Measures))]
    public void Usage_IsRatedByWhatWasMeasured(string what, UsageRecord usage, PriceUnit unit, RatingOutcome outcome, string amount)
    {
        OfferingPrice data = unit == PriceUnit.Octet ? Data() : Data() with { Unit = unit, UnitSize = 1, Increment = 1, Bundle = false };
        RatingResult result = new Rater(Offering(data, Voice(), Sms())).One(usage);

        Assert.True((outcome, Nanos(amount)) == (result.Outcome, result.AmountNanos), what);
        Assert.Equal(outcome == RatingOutcome.ZeroRated ? ZeroRatedReason.EmptyUsage : ZeroRatedReason.None, result.ZeroRatedReason);
        Assert.Equal(outcome == RatingOutcome.Suspended ? RejectedReason.NotMeasured : default, result.RejectedReason);
    }

    /// <summary>Usage that costs nothing, whatever its quantity is, needs no quantity.</summary>
    [Fact]
    public void FreeOrZeroRatedOrSecondaryUsage_NeedsNoMeasure()
    {
        Rater rater = new(Offering(Voice("0") with { ConnectFee = 0, Bundle = false }, Data() with { ZeroRated = true, Bundle = false }));

        Assert.Equal(ZeroRatedReason.Tariff, rater.One(Call(1, -1)).ZeroRatedReason);
        Assert.Equal(ZeroRatedReason.Tariff, rater.One(DataUsage(2, -1)).ZeroRatedReason);
        Assert.Equal(
            ZeroRatedReason.SecondaryChargingView, rater.One(DataUsage(3, -1) with { IsSecondaryView = true }).ZeroRatedReason);
    }

    public static TheoryData<string, OfferingPrice> PricesInForeignUnits() => new()
    {
        { "sms by the second", Sms() with { Unit = PriceUnit.Second, Bundle = false } },
        { "sms by the octet", Sms() with { Unit = PriceUnit.Octet, Bundle = false } },
        { "voice by the message", Voice() with { Unit = PriceUnit.Message, Bundle = false } },
        { "voice by the octet", Voice() with { Unit = PriceUnit.Octet, Bundle = false } },
        { "data by the message", Data() with { Unit = PriceUnit.Message, Bundle = false } },
    };

    [Theory]
    [MemberData(nameof(PricesInForeignUnits))]
    public void PriceInAUnitThatTheUsageDoesNotHave_IsRefused(string why, OfferingPrice price)
    {
        InvalidTariffException refused = Assert.Throws<InvalidTariffException>(() => new Rater(Offering(price)));
        Assert.True(refused.Message.Contains("must count what", StringComparison.Ordinal), why);
    }

    [Fact]
    public void DataByTheSecond_IsAccepted() =>
        Assert.Equal(
            Nanos("0.01"),
            new Rater(Offering(Data() with { Unit = PriceUnit.Second, UnitSize = 60, Increment = 60, Bundle = false }))
                .One(DataUsage(1, -1) with { DurationSeconds = 59 }).AmountNanos);

    /// <summary>Version 1 is open, version 2 is in force in January only. In February neither is: version 1 was superseded.</summary>
    [Theory]
    [InlineData("2025-12-31T22:59:59Z", 1)]
    [InlineData("2025-12-31T23:00:00Z", 2)]
    [InlineData("2026-01-31T22:59:59Z", 2)]
    [InlineData("2026-01-31T23:00:00Z", 0)]
    [InlineData("2026-02-28T12:00:00Z", 0)]
    [InlineData("2026-03-01T00:00:00Z", 3)]
    public void SupersededVersion_NeverComesBack(string at, int version)
    {
        Rater rater = new(
            Plain,
            Plain with { Version = 2, ValidFrom = Time("2026-01-01T00:00:00+01:00"), ValidTo = Time("2026-02-01T00:00:00+01:00") },
            Plain with { Version = 3, ValidFrom = Time("2026-03-01T00:00:00Z") });
        RatingResult result = rater.One(Message(1, at));

        Assert.Equal(version == 0 ? RatingOutcome.Suspended : RatingOutcome.Rated, result.Outcome);
        Assert.Equal(version, version == 0 ? 0 : rater.Tariffs.Version(result.VersionIndex).Version);
    }

    /// <summary>A zone's network is that network and no other: 2 and 3 digits of MNC are told apart; an MCC alone is the country.</summary>
    [Theory]
    [InlineData("00101", "00101", true)]
    [InlineData("00101", "001010", false)]
    [InlineData("00101", "001019", false)]
    [InlineData("001010", "00101", false)]
    [InlineData("001010", "001010", true)]
    [InlineData("001", "00101", true)]
    [InlineData("001", "001019", true)]
    [InlineData("001", "00201", false)]
    public void ZoneOfANetwork_IsThatNetworkOnly(string zone, string network, bool isIn)
    {
        RoamingZone[] zones = [
            new() { Name = RoamingZone.Home, Plmns = ["20601"] }, new() { Name = "there", Plmns = [zone] },
            new() { Name = "world", Plmns = ["*"] }];
        Rater rater = new(Offering(Data()) with { Zones = zones });
        RatingResult result = rater.One(DataUsage(1, 1, network: network));

        TariffVersion version = rater.Tariffs.Version(result.VersionIndex);
        Assert.Equal(isIn ? "there" : "world", Encoding.UTF8.GetString(version.ZoneUtf8(result.ZoneIndex)));
    }

    [Theory]
    [InlineData(7u, 7u, RatingOutcome.Duplicate, RejectedReason.AlreadyRated)]
    [InlineData(7u, 8u, RatingOutcome.Conflict, RejectedReason.Conflict)]
    public void SameId_IsADuplicateOrAConflict_ByItsContent(uint before, uint now, RatingOutcome outcome, RejectedReason reason)
    {
        Rater rater = new(Plain);
        rater.Rate(Message(1) with { Fingerprint = before });
        RatingResult result = rater.One(Message(1) with { Fingerprint = now });
        Assert.Equal((outcome, reason), (result.Outcome, result.RejectedReason));
    }

    /// <summary>
    /// Somebody decided that a conflict is other usage, and it was rated under an id of its own. Delivered again under the id that both
    /// came with, it is known; a third content is in conflict as before.
    /// </summary>
    [Fact]
    public void ConflictThatWasRatedUnderItsOwnId_ComesAgain_IsADuplicate()
    {
        Rater rater = new(Plain);
        rater.Rate(Message(1) with { Fingerprint = 7 });
        UsageRecord other = Message(1) with { Fingerprint = 8 };
        Assert.Equal(RatingOutcome.Conflict, rater.One(other).Outcome);

        UsageRecord own = other with { UsageId = UsageFingerprint.OwnIdOf(other.UsageId, other.Subscriber, 8), IsRecycled = true };
        Assert.Equal(
            [RatingOutcome.Rated, RatingOutcome.Duplicate, RatingOutcome.Duplicate, RatingOutcome.Conflict],
            new[] { own, own, other, Message(1) with { Fingerprint = 9 } }.Select(usage => rater.One(usage).Outcome));
    }

    /// <summary>
    /// Ids are kept by the day of the usage. A report of usage that names no time may be sent again on the other side of midnight, and may
    /// come first; of usage that names its time, the same id on another day is other usage, which the ledger looks at.
    /// </summary>
    [Theory]
    [InlineData("2026-03-14T23:59:58Z", "2026-03-15T00:00:03Z", true, RatingOutcome.Duplicate)]
    [InlineData("2026-03-15T00:00:03Z", "2026-03-14T23:59:58Z", true, RatingOutcome.Duplicate)]
    [InlineData("2026-03-14T23:59:58Z", "2026-03-15T00:00:03Z", false, RatingOutcome.Rated)]
    public void ReportSentAgain_OverMidnight_IsADuplicate(string first, string second, bool isTimeOfReport, RatingOutcome outcome)
    {
        Rater rater = new(Plain);
        rater.Rate(Message(1, first) with { Fingerprint = 7, IsTimeOfReport = isTimeOfReport });

        Assert.Equal(outcome, rater.One(Message(1, second) with { Fingerprint = 7, IsTimeOfReport = isTimeOfReport }).Outcome);
    }

    /// <summary>
    /// An earlier release stored an id of 128 bits. Usage under a new id is the same usage when it names that id as its former one, and
    /// other usage when only some of the bits agree.
    /// </summary>
    [Fact]
    public void IdOfAnEarlierRelease_IsRecognisedByTheFormerId_WithAllItsBits()
    {
        UInt128 former = new(0x1122334455667788, 42);
        Rater rater = new(Plain);
        rater.Session.RestoreIds(Days("2026-03-14"), 0, [former]);

        UsageRecord usage = Message(5) with { Fingerprint = 9 };
        Assert.Equal(RatingOutcome.Duplicate, rater.One(usage with { FormerUsageId = former }).Outcome);
        Assert.Equal(RatingOutcome.Duplicate, rater.One(usage with { UsageId = former }).Outcome);
        Assert.Equal(RatingOutcome.Conflict, rater.One(usage with { UsageId = former ^ ((UInt128)1 << 100) }).Outcome);
        Assert.Equal(RatingOutcome.Rated, rater.One(usage with { FormerUsageId = former ^ ((UInt128)1 << 100) }).Outcome);
    }

    /// <summary>
    /// A number goes from account A to B in mid-month. 2 messages are in the bundle of each: A uses both, B's first two are in B's own
    /// bundle and the third costs 0.08. A's late message is the third of A.
    /// </summary>
    [Fact]
    public void NumberThatGoesToAnotherAccount_BeginsWithNothingUsed_AlsoAfterRestore()
    {
        OfferingVersion offering = Plain with { Bundles = [Bundle(UsageKind.Sms, 2, [])] };
        long change = Instant("2026-03-15T00:00:00Z");
        Rater rater = Open(offering, change);
        StateStore store = new();
        store.Handle(rater, [Message(1), Message(2), Message(3, "2026-03-16T00:00:00Z")], 8);
        store.Commit(rater.Session, beginCheckpoint: true);
        store.Handle(rater, [Message(4, "2026-03-17T00:00:00Z")], 8);
        store.Commit(rater.Session, beginCheckpoint: false);

        foreach (bool subscribedFirst in new[] { false, true })
        {
            Rater restored = subscribedFirst ? Open(offering, change) : new Rater(offering);
            store.RestoreTo(restored.Session);
            restored = subscribedFirst ? restored : Open(offering, change, restored);
            RatingResult[] rated = restored.Rate(Message(5, "2026-03-18T00:00:00Z"), Message(6));
            Assert.Equal([Nanos("0.08"), Nanos("0.08")], rated.Select(one => one.AmountNanos));
            Assert.Equal([2L, 2L], rated.Select(one => one.Balance.BundleMessagesUsed));
        }

        static Rater Open(OfferingVersion offering, long change, Rater? made = null)
        {
            Rater rater = made ?? new Rater(offering);
            rater.Subscribe(1, Rater.Period("A", "test", long.MinValue, change), Rater.Period("B", "test", change, long.MaxValue));
            return rater;
        }
    }

    /// <summary>A balance that an earlier release stored names no account; the account of the subscription goes on with it.</summary>
    [Fact]
    public void BalanceOfAnEarlierRelease_BelongsToTheAccountThatGoesOn()
    {
        Rater rater = new(Plain with { Bundles = [Bundle(UsageKind.Sms, 2, [])] });
        Rater restored = new(Plain with { Bundles = [Bundle(UsageKind.Sms, 2, [])] });
        rater.Session.RestoreBalance(new BalanceEntry(1, Days("2026-03-01"), new Balance { BundleMessagesUsed = 2 }));
        Assert.Equal(Nanos("0.08"), rater.One(Message(1)).AmountNanos);
        Assert.Equal(0, restored.One(Message(1)).AmountNanos);
    }

    /// <summary>The outcome of a result follows from its reason alone, as that of its record does.</summary>
    [Fact]
    public void EveryReason_GivesTheResultItsOutcome()
    {
        foreach (RejectedReason reason in Enum.GetValues<RejectedReason>())
        {
            RatingResult result = default;
            result.Reject(reason);
            Assert.Equal((reason, RejectedReasons.OutcomeOf(reason)), (result.RejectedReason, result.Outcome));
        }
    }

    /// <summary>0.08 EUR are spent when the offering changes to one in CHF: no sum, and so no limit, has a meaning then.</summary>
    [Fact]
    public void AmountInAnotherCurrencyThanTheBalance_IsSuspended_UntilAnotherAccountHasIt()
    {
        OfferingVersion francs = Plain with { Offering = "francs", Currency = "CHF" };
        Rater rater = new(Plain, francs);
        long change = Instant("2026-03-15T00:00:00Z");
        rater.Subscribe(1, Rater.Period("A", "test", long.MinValue, change), Rater.Period("A", "francs", change, long.MaxValue));
        rater.Rate(Message(1));

        RatingResult suspended = rater.One(Message(2, "2026-03-16T00:00:00Z"));
        Assert.Equal((RatingOutcome.Suspended, RejectedReason.Currency), (suspended.Outcome, suspended.RejectedReason));
        Assert.Equal(Nanos("0.16"), rater.One(Message(3)).Balance.SpendNanos);
        Assert.Equal(RatingOutcome.Rated, rater.One(Message(4, "2026-04-16T00:00:00Z")).Outcome);

        rater.Subscribe(1, Rater.Period("A", "test", long.MinValue, change), Rater.Period("B", "francs", change, long.MaxValue));
        Assert.Equal(Nanos("0.08"), rater.One(Message(2, "2026-03-16T00:00:00Z")).Balance.SpendNanos);
    }

    /// <summary>
    /// The spend of a month has one basis, as it has one currency: whoever goes over to prices with VAT begins with a month or an account.
    /// The balance keeps its basis through a restore.
    /// </summary>
    [Theory]
    [InlineData(PriceBasis.Net, PriceBasis.Gross)]
    [InlineData(PriceBasis.Gross, PriceBasis.Net)]
    public void AmountOnAnotherBasisThanTheBalance_IsNeverAdded(PriceBasis before, PriceBasis after)
    {
        OfferingVersion other = Plain with { Offering = "other", PriceBasis = after };
        Rater rater = new(Plain with { PriceBasis = before }, other);
        long change = Instant("2026-03-15T00:00:00Z");
        rater.Subscribe(1, Rater.Period("A", "test", long.MinValue, change), Rater.Period("A", "other", change, long.MaxValue));
        Assert.Equal(Nanos("0.08"), rater.One(Message(1)).Balance.SpendNanos);

        Assert.Equal(RejectedReason.Currency, rater.One(Message(2, "2026-03-16T00:00:00Z")).RejectedReason);
        Assert.Equal(Nanos("0.16"), rater.One(Message(3)).Balance.SpendNanos);
        Assert.Equal(Nanos("0.08"), rater.One(Message(4, "2026-04-16T00:00:00Z")).Balance.SpendNanos);

        rater.Session.BeginCheckpoint();
        BalanceEntry[] balances = new BalanceEntry[2];
        int count = rater.Session.TakeBalances(balances);
        Rater restored = new(Plain with { PriceBasis = before }, other);
        restored.Subscribe(1, Rater.Period("A", "test", long.MinValue, change), Rater.Period("A", "other", change, long.MaxValue));
        foreach (BalanceEntry balance in balances[..count])
        {
            Assert.True(StateCodec.TryRestore(StateCodec.BalanceView(in balance), restored.Session, NoUsage, _ => null, out _));
        }

        Assert.Equal(RejectedReason.Currency, restored.One(Message(5, "2026-03-16T00:00:00Z")).RejectedReason);
        Assert.Equal(Nanos("0.24"), restored.One(Message(6)).Balance.SpendNanos);

        static bool NoUsage(ReadOnlySpan<byte> value, out UsageRecord usage)
        {
            usage = default;
            return false;
        }
    }

    /// <summary>Whatever the price is, a petabyte and one octet, or as many seconds, cannot be real usage.</summary>
    [Theory]
    [InlineData(1_000_000_000_000_000, RatingOutcome.ZeroRated)]
    [InlineData(1_000_000_000_000_001, RatingOutcome.Rejected)]
    [InlineData(long.MaxValue, RatingOutcome.Rejected)]
    public void AbsurdQuantity_IsRejected_WhateverItsPrice(long quantity, RatingOutcome outcome)
    {
        Rater rater = new(Offering(Data() with { ZeroRated = true, Bundle = false }, Voice() with { ZeroRated = true, Bundle = false }));
        Assert.Equal(outcome, rater.One(DataUsage(1, quantity)).Outcome);
        Assert.Equal(outcome, rater.One(DataUsage(2, -1) with { DurationSeconds = quantity }).Outcome);
        Assert.Equal(outcome, rater.One(Call(3, quantity)).Outcome);
    }

    [Fact]
    public void NoPriceOrNoZone_IsSuspended()
    {
        RoamingZone[] homeOnly = [new() { Name = RoamingZone.Home, Plmns = ["00101"] }];
        Rater rater = new(Offering(Data()) with { Zones = homeOnly });

        Assert.Equal(RejectedReason.NoPrice, rater.One(Message(1)).RejectedReason);
        Assert.Equal(RejectedReason.NoPrice, rater.One(DataUsage(2, 1, network: "31026")).RejectedReason);
    }

    public static TheoryData<string, UsageRecord> InvalidUsage() => new()
    {
        { "unknown kind", Message(1) with { Kind = UsageKind.Unknown } },
        { "kind out of range", Message(1) with { Kind = (UsageKind)9 } },
        { "negative octets", DataUsage(1, -2) },
        { "negative seconds", Call(1, -5) },
        { "zero id", Message(0) },
        { "bad network", DataUsage(1, 1, network: "12x45") },
        { "time before the calendar", Message(1, "1999-12-31T00:00:00Z") },
        { "time after the calendar", Message(1, "2100-01-02T00:00:00Z") },
        { "a day ahead", Message(1) with { ReceivedTimeMilliseconds = Instant("2026-03-13T09:59:59Z") } },
    };

    [Theory]
    [MemberData(nameof(InvalidUsage))]
    public void UsageThatCannotBe_IsRejected(string why, UsageRecord usage)
    {
        RatingResult rated = new Rater(Plain).One(usage);

        Assert.True(rated.Outcome == RatingOutcome.Rejected, why);
        Assert.Equal(RejectedReason.InvalidUsage, rated.RejectedReason);
    }

    [Theory]
    [InlineData(long.MaxValue, "1.00", 1L)] // amount
    [InlineData(long.MaxValue, "0", 65536L)] // units after the increment
    public void AmountOrUnitsThatDoNotFit_AreRejected_AndChangeNothing(long octets, string price, long increment)
    {
        Rater rater = new(Offering(Data(price) with { Increment = increment, UnitSize = 1 }));
        RatingResult rated = rater.One(DataUsage(1, octets));

        Assert.Equal((RatingOutcome.Rejected, RejectedReason.AmountOverflow), (rated.Outcome, rated.RejectedReason));
        Assert.Equal(RatingOutcome.Rated, rater.One(DataUsage(1, 1)).Outcome);
    }

    [Fact]
    public void SumOfThePeriodThatDoesNotFit_IsRejected()
    {
        Rater rater = new(Offering(Data("600000000") with { Increment = 1, UnitSize = 1 }));

        Assert.Equal(RatingOutcome.Rated, rater.One(DataUsage(1, 1)).Outcome);
        Assert.Equal(RejectedReason.AmountOverflow, rater.One(DataUsage(2, 1)).RejectedReason);
    }

    /// <summary>
    /// Such usage is not rated, because the balance of its month and the ids of its day may be forgotten; and it is not late, because it
    /// came in time.
    /// </summary>
    [Fact]
    public void RecycledUsage_OlderThanTheLimit_IsSuspendedAgainAndNeverLate()
    {
        Rater rater = new(45, 40, Plain);
        rater.One(Message(1, "2026-04-10T12:00:00Z"));

        RatingResult within = rater.One(Message(2, "2026-03-01T12:00:00Z") with { IsRecycled = true });
        RatingResult older = rater.One(Message(3, "2026-02-28T23:59:59Z") with { IsRecycled = true });
        RatingResult again = rater.One(Message(2, "2026-03-01T12:00:00Z") with { IsRecycled = true });

        Assert.Equal(RatingOutcome.Rated, within.Outcome);
        Assert.Equal((RatingOutcome.Suspended, RejectedReason.OutsideWindow), (older.Outcome, older.RejectedReason));
        Assert.Equal(RatingOutcome.Duplicate, again.Outcome);
    }

    [Fact]
    public void LateUsage_WithinTheLimit_CountsInItsOwnPeriod_AndOlderIsLate()
    {
        Rater rater = new(45, 40, Plain);
        rater.One(Message(1, "2026-04-10T12:00:00Z"));

        RatingResult march = rater.One(Message(2, "2026-03-01T12:00:00Z"));
        RatingResult late = rater.One(Message(3, "2026-02-28T23:59:59Z"));

        Assert.Equal((RatingOutcome.Rated, Days("2026-03-01")), (march.Outcome, march.PeriodStartDays));
        Assert.Equal(Nanos("0.08"), march.Balance.SpendNanos);
        Assert.Equal((RatingOutcome.Late, RejectedReason.TooLate), (late.Outcome, late.RejectedReason));
        Assert.Equal(Nanos("0.16"), rater.One(Message(4, "2026-04-10T12:00:00Z")).Balance.SpendNanos);
    }

    [Fact]
    public void SuspendedUsageOfTheFuture_DoesNotMakeOtherUsageLate()
    {
        Rater rater = new(Plain);
        rater.One(Message(1, "2090-01-01T00:00:00Z") with { Subscriber = 99 });

        Assert.Equal(RatingOutcome.Rated, rater.One(Message(2)).Outcome);
    }

    [Fact]
    public void ResentOldUsage_WhoseIdsAreForgotten_IsLateNotRatedTwice()
    {
        Rater rater = new(45, 45, Plain);
        rater.One(Message(1, "2026-01-01T12:00:00Z"));
        rater.One(Message(2, "2026-03-01T12:00:00Z"));

        Assert.Equal(RatingOutcome.Late, rater.One(Message(1, "2026-01-01T12:00:00Z")).Outcome);
        Assert.Equal(1, rater.Session.IdCount);
    }
}
