using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Billing.Tests;

/// <summary>What the ledger promises, whatever database is under it.</summary>
public abstract class LedgerContract : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 6, 0, 0, TimeSpan.Zero));
    private BillingOptions? _options;

    /// <summary>Options of an empty ledger; skips when the database is not to be had.</summary>
    protected abstract BillingOptions NewLedger();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    private BillingLedger Open() => BillingLedger.Open(_options ??= NewLedger(), _clock);

    private static LedgerBatchResult Apply(BillingLedger ledger, int partition, long firstOffset, params ReadOnlySpan<RatedUsage> usage)
    {
        LedgerBatch batch = new();
        for (int i = 0; i < usage.Length; i++)
        {
            usage[i].AddTo(batch, partition, firstOffset + i);
        }

        return ledger.Apply(batch);
    }

    [Fact]
    public void Apply_RatedUsage_WritesLinesTotalsAndPosition()
    {
        using BillingLedger ledger = Open();

        LedgerBatchResult result = Apply(
            ledger, 3, 10, new RatedUsage(1), new RatedUsage(2) { AmountNanos = 1 }, new RatedUsage(3) { AmountNanos = -500_000_000 });

        Assert.Equal(3, result.Counts[(int)LedgerOutcome.Rated]);
        LedgerTotals totals = ledger.Totals();
        Assert.Equal(3, totals.Lines);
        Assert.Equal([("EUR", PriceBasis.Net)], totals.Sums);
        Assert.Equal(1_000_000_001, totals.Billed("EUR").AmountNanos);
        Assert.Equal(3000, totals.Billed("EUR").Octets);
        Assert.Equal(180, totals.Billed("EUR").Seconds);
        Assert.Equal(13, ledger.NextOffset(RatedUsage.Topic, 3));
        Assert.Null(ledger.NextOffset(RatedUsage.Topic, 4));
    }

    /// <summary>
    /// What was sent is kept as it was sent, with its place and time; what comes again by its position is not kept twice.
    /// </summary>
    [Fact]
    public void Apply_Notifications_AreProvedWithTheirPlaceAndTime()
    {
        using BillingLedger ledger = Open();
        SubscriberRef subscriber = SubscriberRef.FromHalves(1, 2);
        CustomerNotification stop = new()
        {
            NotificationId = NotificationId.FromBytes([.. Enumerable.Range(0, 16).Select(octet => (byte)octet)]),
            SubscriberRef = subscriber,
            Account = "A-1",
            Kind = NotificationKind.RoamingDataLimit,
            PeriodStart = new DateOnly(2026, 10, 1),
            EventTime = new DateTimeOffset(2026, 10, 9, 8, 7, 6, TimeSpan.Zero),
            UsageId = UsageId.FromHalves(3, 4),
            Amount = 50.000000001m,
            Limit = "eu-roaming",
            Scope = SpendScope.RoamingData,
            LimitAmount = 50m,
            LimitBasis = PriceBasis.Net,
            Permille = 1000,
            Notification = "STOP_100",
            Action = LimitAction.CutOff,
            LegalBasis = "Regulation (EU) 2022/612 art. 14",
            SpendBasis = PriceBasis.Gross,
            VatPermille = 210,
            Currency = "EUR",
            Offering = "go",
            OfferingVersion = 3,
            IsChosen = true,
        };
        CustomerNotification bundle = new() { Account = "A-2", Kind = NotificationKind.DataBundleUsedUp, SubscriberRef = subscriber };
        NotificationRecord[] sent =
        [
            new(Topics.CustomerNotifications, 2, 7, Time(9), stop), new(Topics.CustomerNotifications, 2, 8, Time(10), bundle),
        ];
        LedgerBatch batch = new();
        batch.AddDeadLettered(Topics.CustomerNotifications, 2, 9, 0);
        Array.ForEach(sent, batch.AddNotification);
        ledger.Apply(batch);
        ledger.Apply(batch);

        Assert.Equal(10, ledger.NextOffset(Topics.CustomerNotifications, 2));
        Assert.Equal(sent, ledger.Notifications(new NotificationFilter(null, [], null, null), 10));
        Assert.Equal([sent[0]], ledger.Notifications(new NotificationFilter(null, [], null, null), 1));
        Assert.Equal([sent[1]], ledger.Notifications(new NotificationFilter("A-2", [subscriber], Time(10), Time(11)), 10));
        Assert.Empty(ledger.Notifications(new NotificationFilter(null, [], Time(11), null), 10));
        Assert.Empty(ledger.Notifications(new NotificationFilter(null, [SubscriberRef.FromHalves(1, 3)], null, null), 10));

        static DateTimeOffset Time(int hour) => new(2026, 10, 9, hour, 0, 0, 123, TimeSpan.Zero);
    }

    [Fact]
    public void Apply_OtherOutcomes_AreCountedAndNotBilled()
    {
        using BillingLedger ledger = Open();
        LedgerBatch batch = new();
        new RatedUsage(1) { Outcome = RatedOutcome.ZeroRated, AmountNanos = 0 }.AddTo(batch, 0, 0);
        int offset = 0;
        foreach (RejectedOutcome outcome in (RejectedOutcome[])[
            RejectedOutcome.Rejected, RejectedOutcome.Duplicate, RejectedOutcome.Late, RejectedOutcome.Suspended,
            RejectedOutcome.Conflict, RejectedOutcome.Recycled, RejectedOutcome.Discarded])
        {
            UsageRejectedView rejected = new()
            {
                Outcome = outcome,
                UsageId = UsageId.FromHalves(5, (ulong)offset),
                EventTimeMilliseconds = 0,
            };
            batch.AddRejected(Topics.UsageRejected, 0, offset++, rejected);
        }

        ledger.Apply(batch);

        LedgerTotals totals = ledger.Totals();
        Assert.Equal(0, totals.Lines);
        Assert.All(
            [
                LedgerOutcome.ZeroRated, LedgerOutcome.Duplicate, LedgerOutcome.Late, LedgerOutcome.Suspended, LedgerOutcome.Rejected,
                LedgerOutcome.Conflict, LedgerOutcome.Recycled, LedgerOutcome.Discarded,
            ],
            outcome => Assert.Equal(1, totals.Count(outcome)));
        Assert.Equal(7, ledger.NextOffset(Topics.UsageRejected, 0));
        Assert.Equal(0L, ledger.Database.QueryLong("SELECT count(*) FROM billed_line"));
    }

    [Fact]
    public void Apply_SameBatchAgain_ChangesNothing()
    {
        using BillingLedger ledger = Open();
        RatedUsage[] usage = [new(1), new(2), new(3)];
        Apply(ledger, 0, 0, usage);
        LedgerTotals before = ledger.Totals();

        LedgerBatchResult again = Apply(ledger, 0, 0, usage);

        Assert.Equal(3, again.Redelivered);
        Assert.Equal(default, ledger.Totals().Since(before).Billed("EUR"));
        Assert.Equal(0, ledger.Totals().Count(LedgerOutcome.LedgerDuplicate));
    }

    [Fact]
    public void Apply_BatchThatOverlapsThePosition_TakesOnlyTheNewPart()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2));

        LedgerBatchResult result = Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2), new RatedUsage(3));

        Assert.Equal(2, result.Redelivered);
        Assert.Equal(1, result.Counts[(int)LedgerOutcome.Rated]);
        Assert.Equal(3, ledger.Totals().Lines);
    }

    [Fact]
    public void Apply_UsageIdSeenUnderAnotherPosition_IsIgnoredAndCounted()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2));

        LedgerBatchResult result = Apply(ledger, 0, 2, new RatedUsage(2), new RatedUsage(3), new RatedUsage(3));

        Assert.Equal(2, result.Counts[(int)LedgerOutcome.LedgerDuplicate]);
        Assert.Equal(3, ledger.Totals().Lines);
        Assert.Equal(2, ledger.Totals().Count(LedgerOutcome.LedgerDuplicate));
        Assert.Equal(4_500_000_000, ledger.Totals().Billed("EUR").AmountNanos);
        Assert.Equal(5, ledger.NextOffset(RatedUsage.Topic, 0));
    }

    /// <summary>
    /// Each row is one difference from the first usage; money that two records of one id do not agree on is never dropped.
    /// </summary>
    public static TheoryData<string> Differences => ["account", "kind", "time", "units", "amount", "currency", "subscriber"];

    [Theory]
    [MemberData(nameof(Differences))]
    public void Apply_UsageIdWithOtherContent_IsConflictKeptWithBothContents(string difference)
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1));
        RatedUsage other = difference switch
        {
            "account" => new RatedUsage(1) { Account = "account-2" },
            "kind" => new RatedUsage(1) { Kind = UsageKind.Sms },
            "time" => new RatedUsage(1) { EventTime = new(2026, 10, 9, 0, 0, 0, TimeSpan.Zero) },
            "units" => new RatedUsage(1) { ChargedUnits = 1025 },
            "amount" => new RatedUsage(1) { AmountNanos = 1_500_000_001 },
            "subscriber" => new RatedUsage(1) { ContentFingerprint = 2 },
            _ => new RatedUsage(1) { Currency = "CHF" },
        };

        // The third says the same as the second, so it is a duplicate of a conflict and makes no other one.
        LedgerBatchResult result = Apply(ledger, 0, 1, other, other, new RatedUsage(1));
        LedgerBatchResult again = Apply(ledger, 1, 0, other);

        Assert.Equal(1, result.Counts[(int)LedgerOutcome.LedgerConflict]);
        Assert.Equal(2, result.Counts[(int)LedgerOutcome.LedgerDuplicate]);
        Assert.Equal(1, again.Counts[(int)LedgerOutcome.LedgerDuplicate]);
        Assert.Equal((1, 1_500_000_000), (ledger.Totals().Lines, ledger.Totals().Billed("EUR").AmountNanos));
        Assert.Equal(1L, ledger.Database.QueryLong("SELECT count(*) FROM conflict WHERE account = 'account-1' AND other_rated_offset = 1"));
    }

    [Fact]
    public void Apply_FailureInTheMiddle_KeepsNothing()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1));

        // The position is written last: after the lines and the totals.
        ledger.Database.Execute("ALTER TABLE position RENAME COLUMN next_offset TO hidden");
        Assert.Throws<StorageException>(() => Apply(ledger, 0, 1, new RatedUsage(2), new RatedUsage(3)));
        ledger.Database.Execute("ALTER TABLE position RENAME COLUMN hidden TO next_offset");

        Assert.Equal(1, ledger.Totals().Lines);
        Assert.Equal(1L, ledger.Database.QueryLong("SELECT count(*) FROM billed_line"));
        Assert.Equal(1, ledger.NextOffset(RatedUsage.Topic, 0));
        Assert.Equal(1, Apply(ledger, 0, 1, new RatedUsage(2)).Counts[(int)LedgerOutcome.Rated]);
        Assert.True(ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [new RatedUsage(1).At(0), new RatedUsage(2).At(1)]).IsBalanced);
    }

    /// <summary>12 × 999,999,999.999999999 = 11,999,999,999.999999988, which is more than 2⁶³ nano-units.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void Apply_SumsBeyond64Bits_AreExact(int partitions)
    {
        using BillingLedger ledger = Open();
        for (int i = 0; i < 12; i++)
        {
            RatedUsage usage = new(i) { AmountNanos = Nanos.Max, TotalOctets = long.MaxValue, DurationSeconds = long.MaxValue };
            Apply(ledger, i % partitions, i, usage);
        }

        ControlTotal billed = ledger.Totals().Billed("EUR");
        Assert.Equal(12, ledger.Totals().Lines);
        Assert.Equal(12 * (Int128)Nanos.Max, billed.AmountNanos);
        Assert.Equal(12 * (Int128)long.MaxValue, billed.Octets);
        Assert.Equal(12 * (Int128)long.MaxValue, billed.Seconds);
        BillClose close = ledger.Close(202610);
        BillLine line = Assert.Single(ledger.BillLines(close.Number));
        Assert.Equal((11_999_999_999.999999988m, 12_000_000_000.00m), (line.ExactAmount, line.Amount));
        Assert.Equal("12000000000.00", Text(ledger, "SELECT amount FROM bill"));
    }

    [Fact]
    public void Apply_QuantitiesThatWereNotMeasured_AddNothing()
    {
        using BillingLedger ledger = Open();

        Apply(ledger, 0, 0, new RatedUsage(1) { TotalOctets = -1, DurationSeconds = 60 }, new RatedUsage(2) { DurationSeconds = -1 });

        Assert.Equal((1000, 60), (ledger.Totals().Billed("EUR").Octets, ledger.Totals().Billed("EUR").Seconds));
    }

    /// <summary>Two free calls of 2⁶² s on two days: their sum is 2⁶³, one more than 64 bits hold.</summary>
    [Fact]
    public void Close_UnitsBeyond64Bits_ClosesTheMonthForAll()
    {
        using BillingLedger ledger = Open();
        Apply(
            ledger, 0, 0, new RatedUsage(1) { ChargedUnits = 1L << 62 }, new RatedUsage(2) { ChargedUnits = 1L << 62 },
            new RatedUsage(3) { Account = "innocent", AmountNanos = -50_000_000 });

        BillClose close = ledger.Close(202610);

        Assert.Equal(3, close.UsageEvents);
        IReadOnlyList<BillLine> lines = ledger.BillLines(close.Number);
        Assert.Equal([(Int128)1 << 63, 1024], lines.Select(line => line.ChargedUnits));
        Assert.Equal("-0.05", Text(ledger, "SELECT amount FROM bill WHERE account = 'innocent'"));
    }

    [Fact]
    public void Apply_NulInATextOfTheUsage_IsBilled()
    {
        using BillingLedger ledger = Open();

        Apply(ledger, 0, 0, new RatedUsage(1) { Account = "a\0b", Offering = "\0", Node = "n\0" });

        Assert.Equal("a\u001ab", Assert.Single(ledger.BillLines(ledger.Close(202610).Number)).Account);
    }

    [Fact]
    public void NextOffset_TopicMadeAnew_StartsAgainAndKeepsTheOldLines()
    {
        using BillingLedger ledger = Open();
        Assert.Null(ledger.NextOffset(RatedUsage.Topic, 0, "first", 0));
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2));
        Assert.Equal(2, ledger.NextOffset(RatedUsage.Topic, 0, "first", 2));

        Assert.Null(ledger.NextOffset(RatedUsage.Topic, 0, "second", 9));
        LedgerBatchResult result = Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(3));

        Assert.Equal(0, result.Redelivered);
        Assert.Equal((3, 1), (ledger.Totals().Lines, ledger.Totals().Count(LedgerOutcome.LedgerDuplicate)));
        Assert.Equal(2, ledger.NextOffset(RatedUsage.Topic, 0, "second", 9));
        Assert.True(ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [new RatedUsage(1).At(0), new RatedUsage(3).At(1)], 0).IsBalanced);
        Assert.Equal(
            2L, ledger.Database.QueryLong($"SELECT count(*) FROM billed_usage WHERE rated_topic = '{RatedUsage.Topic}#first'"));
    }

    [Theory]
    [InlineData(2, 2L)]
    [InlineData(1, null)]
    public void NextOffset_PositionOfAnEarlierRelease_BelongsToTheTopicUnlessItIsBeyondItsEnd(long end, long? expected)
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2));

        Assert.Equal(expected, ledger.NextOffset(RatedUsage.Topic, 0, "id", end));
    }

    [Fact]
    public void Apply_EndBehindTheLastRecord_MovesThePositionAndNeverBack()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1));
        LedgerBatch ends = new();
        ends.AddEnd(RatedUsage.Topic, 0, 2);
        ledger.Apply(ends);
        ends.Clear();
        ends.AddEnd(RatedUsage.Topic, 0, 1);
        ledger.Apply(ends);

        Assert.Equal(2, ledger.NextOffset(RatedUsage.Topic, 0));
        Assert.Equal(1, Apply(ledger, 0, 2, new RatedUsage(2)).Counts[(int)LedgerOutcome.Rated]);
    }

    [Fact]
    public void Open_LedgerOfTheFirstRelease_KeepsLinesTotalsAndBills()
    {
        _options = NewLedger();
        using (LedgerDialect dialect = LedgerDialect.Open(_options))
        {
            dialect.Database.Migrate(LedgerSchema.Migrations(dialect.Words)[..1], _clock.GetUtcNow());
            dialect.Database.Execute($"INSERT INTO position (topic, partition, next_offset) VALUES ('{RatedUsage.Topic}', 0, 5)");
            dialect.Database.Execute("INSERT INTO control_total VALUES (1, 20261005, 1, 0, 'EUR', 2, 9223372036854775807, 7, -3, -9)");
            dialect.Database.Execute("INSERT INTO bill_line VALUES (1, 'a', 'o', 1, 202610, 'EUR', 2, 9, 1230000000, 123)");
        }

        using BillingLedger ledger = Open();

        ControlTotal billed = ledger.Totals().Billed("EUR");
        Assert.Equal(
            (2, long.MaxValue, 7, -3, unchecked((ulong)-9L)),
            (billed.Records, billed.Octets, billed.Seconds, billed.AmountNanos, billed.HashTotal));
        Assert.Equal(5, ledger.NextOffset(RatedUsage.Topic, 0, "id", 5));
        Assert.Equal((1.23m, 1.23m), (ledger.BillLines(1)[0].ExactAmount, ledger.BillLines(1)[0].Amount));
        Assert.Equal("1.23", Text(ledger, "SELECT amount FROM bill"));
        Assert.Equal([("EUR", PriceBasis.Net)], ledger.Totals().Sums);
        Assert.Equal(new AmountTerms("EUR", PriceBasis.Net, AmountTerms.UnknownVat), ledger.BillLines(1)[0].Terms);
        Assert.Equal((1.23m, null, null), BillOf("a", ledger.Bills(1)));
    }

    /// <summary>
    /// A line of an earlier release is without VAT. It is the same usage when the topic is read anew, and no difference to the record,
    /// which names a rate.
    /// </summary>
    [Fact]
    public void Open_LinesOfAReleaseWithoutBasis_AreNetAndAgreeWithTheirRecords()
    {
        _options = NewLedger();
        using (LedgerDialect dialect = LedgerDialect.Open(_options))
        {
            dialect.Database.Migrate(LedgerSchema.Migrations(dialect.Words)[..4], _clock.GetUtcNow());
            dialect.Database.Execute($"INSERT INTO position (topic, partition, next_offset) VALUES ('{RatedUsage.Topic}', 0, 1)");
            dialect.Database.Execute(
                "INSERT INTO source_file (file_id, source, node, file_name, file_sequence_number) VALUES (@p0, 's', 'n', 'f', 1)",
                FileId.FromHalves(7, 7).ToByteArray());
            dialect.Database.Execute(
                "INSERT INTO billed_line VALUES (1, 0, @p0, 'account-1', 'mobile-start', 3, 1, @p1, 1024, 24, 1500000000, 'EUR', 1, "
                + "202610, 0, 100, 1, 1, 1, NULL, 1)",
                new RatedUsage(1).UsageId.ToByteArray(), new RatedUsage(1).EventTime.ToUnixTimeMilliseconds());
            dialect.Database.Execute(
                $"INSERT INTO control_total VALUES (1, 20261005, 1, 0, 'EUR', 1, CAST('1000' AS {dialect.Words.Sum}), "
                + $"CAST('60' AS {dialect.Words.Sum}), CAST('1500000000' AS {dialect.Words.Sum}), @p0)",
                unchecked((long)ControlTotal.HashOf(new RatedUsage(1).UsageId, 1_500_000_000)));
        }

        using BillingLedger ledger = Open();
        LedgerBatchResult again = Apply(ledger, 0, 1, new RatedUsage(1));

        Assert.Equal(1, again.Counts[(int)LedgerOutcome.LedgerDuplicate]);
        Assert.Equal(1_500_000_000, ledger.Totals().Billed("EUR").AmountNanos);
        Assert.True(
            ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [new RatedUsage(1).At(0), new RatedUsage(1).At(1)]).IsBalanced);
    }

    [Fact]
    public void Apply_UsageOnBothBases_IsNeverAdded()
    {
        using BillingLedger ledger = Open();
        RatedUsage net = new(1) { AmountNanos = 1_000_000_000 };
        RatedUsage gross = new(2) { AmountNanos = 1_210_000_000, PriceBasis = PriceBasis.Gross };
        RatedUsage exempt = new(3) { AmountNanos = 5_000_000_000, VatPermille = 0 };
        Apply(ledger, 0, 0, net, gross, exempt);

        LedgerTotals totals = ledger.Totals();
        Assert.Equal([("EUR", PriceBasis.Net), ("EUR", PriceBasis.Gross)], totals.Sums);
        Assert.Equal(6_000_000_000, totals.Billed("EUR").AmountNanos);
        Assert.Equal(1_210_000_000, totals.Billed("EUR", PriceBasis.Gross).AmountNanos);
        Reconciliation compared = ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [net.At(0), gross.At(1), exempt.At(2)]);
        Assert.True(compared.IsBalanced);
        Assert.Equal(3, compared.Rated.Terms.Count);
        Assert.Equal(1_210_000_000, compared.Billed[new AmountTerms("EUR", PriceBasis.Gross, 210)].AmountNanos);
        Assert.Equal(
            ["1.000000000 NET 210", "1.210000000 GROSS 210", "5.000000000 NET 0"],
            ledger.Database.Query(
                "SELECT amount, price_basis, vat_permille FROM billed_usage ORDER BY rated_offset",
                row => string.Create(CultureInfo.InvariantCulture, $"{row.GetValue(0)} {row.GetString(1)} {row.GetInt64(2)}")));
    }

    /// <summary>The same number on another basis is another amount.</summary>
    [Theory]
    [InlineData(PriceBasis.Gross, 210)]
    [InlineData(PriceBasis.Net, 60)]
    public void Apply_SameUsageWithOtherVat_IsAConflictAndADifference(PriceBasis basis, int vatPermille)
    {
        using BillingLedger ledger = Open();
        RatedUsage other = new(1) { PriceBasis = basis, VatPermille = vatPermille };
        Apply(ledger, 0, 0, new RatedUsage(1));
        Assert.Equal(1, Apply(ledger, 0, 1, other).Counts[(int)LedgerOutcome.LedgerConflict]);

        Assert.Equal(
            [LedgerDifferenceKind.OtherAmount],
            ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0) with { NextOffset = 1 }, [other.At(0)]).Differences
                .Select(difference => difference.Kind).Take(1));
    }

    /// <summary>D-24: on top of the sum of net lines per rate, out of the sum of gross lines per rate, each rounded once.</summary>
    [Fact]
    public void Bills_LinesOfBothBasesAndRates_HaveNetVatAndGross()
    {
        using BillingLedger ledger = Open();
        Apply(
            ledger,
            0,
            0,
            new RatedUsage(1) { Account = "gross", AmountNanos = 25_000_000_000, PriceBasis = PriceBasis.Gross },
            new RatedUsage(2) { Account = "net", AmountNanos = 1_005_000_000 },
            new RatedUsage(3) { Account = "net", AmountNanos = 1_005_000_000, Kind = UsageKind.Sms },
            new RatedUsage(4) { Account = "net", AmountNanos = 10_000_000_000, VatPermille = 0 },
            new RatedUsage(5) { Account = "both", AmountNanos = 1_000_000_000 },
            new RatedUsage(6) { Account = "both", AmountNanos = 1_210_000_000, PriceBasis = PriceBasis.Gross },
            new RatedUsage(7) { Account = "unknown", AmountNanos = 1_000_000_000, VatPermille = AmountTerms.UnknownVat },
            new RatedUsage(8) { Account = "unknown", AmountNanos = 1_000_000_000, Currency = "CHF", VatPermille = 0 });

        IReadOnlyList<Bill> bills = ledger.Bills(ledger.Close(202610).Number);

        Assert.Equal(
            ["both EUR", "gross EUR", "net EUR", "unknown CHF", "unknown EUR"], bills.Select(bill => $"{bill.Account} {bill.Currency}"));
        Assert.Equal((20.66m, 4.34m, 25.00m), BillOf("gross", bills));
        // 2 x 1.01 at 21 % is 0.4242, and 10.00 at 0 %.
        Assert.Equal((12.02m, 0.42m, 12.44m), BillOf("net", bills));
        Assert.Equal((2.00m, 0.42m, 2.42m), BillOf("both", bills));
        Assert.Equal((1.00m, null, null), BillOf("unknown", [bills[^1]]));
        Assert.Equal((1.00m, 0.00m, 1.00m), BillOf("unknown", [bills[^2]]));
        Assert.Equal([1.00m, 1.21m], bills[0].Lines.Select(line => line.Amount));
    }

    private static (decimal? Net, decimal? Vat, decimal? Gross) BillOf(string account, IReadOnlyList<Bill> bills)
    {
        Bill bill = bills.Single(one => one.Account == account);
        return (bill.Net, bill.Vat, bill.Gross);
    }

    /// <summary>
    /// When a topic is made anew behind the position, or a partition is rated again, each record is a duplicate with its amount.
    /// </summary>
    [Fact]
    public void Reconcile_ManyLedgerDuplicates_IsBalanced()
    {
        using BillingLedger ledger = Open();
        RatedUsage[] usage = [.. Enumerable.Range(0, 2500).Select(number => new RatedUsage(number))];
        Apply(ledger, 0, 0, usage);
        Assert.Equal(2500, Apply(ledger, 0, 2500, usage).Counts[(int)LedgerOutcome.LedgerDuplicate]);

        Reconciliation result = ledger.Reconcile(
            ledger.MarkOf(RatedUsage.Topic, 0), usage.Select((one, i) => one.At(i)).Concat(usage.Select((one, i) => one.At(2500 + i))));

        Assert.Equal((0, 2500), (result.DifferenceCount, result.LedgerDuplicates));
    }

    [Theory]
    [InlineData(60L)]
    [InlineData(null)]
    public void Reconcile_AfterRetentionTookTheOldestRecords_IsBalanced(long? firstOffset)
    {
        using BillingLedger ledger = Open();
        RatedUsage[] usage = [.. Enumerable.Range(0, 100).Select(number => new RatedUsage(number))];
        Apply(ledger, 0, 0, usage);

        Reconciliation result = ledger.Reconcile(
            ledger.MarkOf(RatedUsage.Topic, 0), usage.Select((one, i) => one.At(i)).Skip(60), firstOffset);

        Assert.Equal((0, 60, 40), (result.DifferenceCount, result.BeforeLog.Records, result.Billed.Records));
    }

    [Fact]
    public void Reconcile_TwoEventsOfOneIdAndAmount_AreADifference()
    {
        using BillingLedger ledger = Open();
        RatedUsage other = new(1) { Account = "account-2", EventTime = new(2026, 10, 9, 0, 0, 0, TimeSpan.Zero) };
        Apply(ledger, 0, 0, new RatedUsage(1));
        Apply(ledger, 0, 1, other);

        // The conflict is found by the content on the topic, and also by the conflict that the ledger keeps.
        foreach (RatedUsage onTopic in new[] { other, new RatedUsage(1) })
        {
            Reconciliation result = ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [new RatedUsage(1).At(0), onTopic.At(1)]);
            Assert.Equal(LedgerDifferenceKind.Conflict, Assert.Single(result.Differences).Kind);
        }
    }

    /// <summary>
    /// Two accounts' usage of 1.50 and 2.00 came under one id. When it is charged, the second is billed once, under an id of its own: 3.50.
    /// A decision that comes again, or too late, changes nothing.
    /// </summary>
    [Fact]
    public void Decision_ToChargeAConflict_BillsItOnce()
    {
        using BillingLedger ledger = Open();
        RatedUsage other = new(1) { Account = "account-2", AmountNanos = 2_000_000_000 };
        Apply(ledger, 0, 0, new RatedUsage(1));
        Apply(ledger, 1, 0, other);
        LedgerConflict waiting = Assert.Single(ledger.Conflicts());
        Assert.Equal((1, 0L, true), (waiting.Partition, waiting.Offset, waiting.IsOfOtherAccount));

        LedgerBatchResult charged = Decide(ledger, 0, RejectedOutcome.Recycled, other, 1, 0);
        Assert.Equal((1, 1), (charged.Counts[(int)LedgerOutcome.Rated], charged.Counts[(int)LedgerOutcome.Recycled]));
        Assert.Equal(1, Decide(ledger, 0, RejectedOutcome.Recycled, other, 1, 0).Redelivered);
        Decide(ledger, 1, RejectedOutcome.Recycled, other, 1, 0);
        Decide(ledger, 2, RejectedOutcome.Discarded, other, 1, 0);

        Assert.Empty(ledger.Conflicts());
        AssertBilled(ledger, new RatedUsage(1), other, 3_500_000_000, discarded: 0);
        Assert.Equal(2000, ledger.Totals().Billed("EUR").Octets);

        // The same usage under a further position is a duplicate of what the decision billed.
        Apply(ledger, 1, 1, other);
        Decide(ledger, 3, RejectedOutcome.Recycled, other, 1, 1);
        Assert.Equal(3_500_000_000, ledger.Totals().Billed("EUR").AmountNanos);
        Assert.True(ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 1), [other.At(0), other.At(1)]).IsBalanced);
    }

    /// <summary>When the second usage is given up, it waits no more; when it is taken back, it is billed.</summary>
    [Fact]
    public void Decision_ToGiveAConflictUp_BillsNothingUntilItIsTakenBack()
    {
        using BillingLedger ledger = Open();
        RatedUsage other = new(1) { Account = "account-2", AmountNanos = 2_000_000_000 };
        Apply(ledger, 0, 0, new RatedUsage(1));
        Apply(ledger, 1, 0, other);

        Decide(ledger, 0, RejectedOutcome.Discarded, other, 1, 0);
        Assert.Empty(ledger.Conflicts());
        AssertBilled(ledger, new RatedUsage(1), other, 1_500_000_000, discarded: 1);
        Assert.Equal(1L, ledger.Database.QueryLong("SELECT count(*) FROM conflict WHERE state = 'discarded'"));

        Decide(ledger, 1, RejectedOutcome.Recycled, other, 1, 0);
        AssertBilled(ledger, new RatedUsage(1), other, 3_500_000_000, discarded: 0);
    }

    /// <summary>
    /// A ledger that is built anew meets the second of two first. It knows the decision from before, so the same usage is billed as in the
    /// ledger before it; the decision's own record, in the same batch or later, changes nothing.
    /// </summary>
    [Theory]
    [InlineData(RejectedOutcome.Recycled, 3_500_000_000, 0, true)]
    [InlineData(RejectedOutcome.Recycled, 3_500_000_000, 0, false)]
    [InlineData(RejectedOutcome.Discarded, 1_500_000_000, 1, true)]
    [InlineData(RejectedOutcome.Discarded, 1_500_000_000, 1, false)]
    public void LedgerBuiltAnew_ThatReadsTheOtherUsageFirst_FollowsTheDecision(
        RejectedOutcome outcome, long amountNanos, int discarded, bool inOneBatch)
    {
        using BillingLedger ledger = Open();
        RatedUsage other = new(1) { Account = "account-2", AmountNanos = 2_000_000_000 };
        ledger.NoteAhead(RatedUsage.Topic, 1, 0, other.UsageId, outcome == RejectedOutcome.Recycled ? other.OwnId : default);

        if (inOneBatch)
        {
            LedgerBatch batch = new();
            other.AddTo(batch, 1, 0);
            other.DecideIn(batch, 0, outcome, 1, 0);
            ledger.Apply(batch);
        }
        else
        {
            Apply(ledger, 1, 0, other);
            Decide(ledger, 0, outcome, other, 1, 0);
        }

        Apply(ledger, 0, 0, new RatedUsage(1));
        Assert.Empty(ledger.Conflicts());
        AssertBilled(ledger, new RatedUsage(1), other, amountNanos, discarded);
    }

    /// <summary>A decision that the ledger takes while it is compared is no difference.</summary>
    [Fact]
    public void Decision_WhileTheLedgerIsCompared_IsNoDifference()
    {
        using BillingLedger ledger = Open();
        RatedUsage other = new(1) { Account = "account-2", AmountNanos = 2_000_000_000 };
        Apply(ledger, 0, 0, new RatedUsage(1));
        Apply(ledger, 1, 0, other);
        LedgerMark mark = ledger.MarkOf(RatedUsage.Topic, 1);

        Decide(ledger, 0, RejectedOutcome.Recycled, other, 1, 0);

        Assert.Empty(ledger.Reconcile(mark, [other.At(0)]).Differences);
    }

    /// <summary>A topic that was made anew has other usage at the position, which nobody decided on.</summary>
    [Fact]
    public void Decision_OnAnotherUsageAtThatPosition_ChangesNothing()
    {
        using BillingLedger ledger = Open();
        ledger.NoteAhead(RatedUsage.Topic, 0, 0, new RatedUsage(2).UsageId, default);
        Apply(ledger, 0, 0, new RatedUsage(1));

        Assert.Equal(1, ledger.Totals().Lines);
        Assert.True(ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [new RatedUsage(1).At(0)]).IsBalanced);
    }

    private static LedgerBatchResult Decide(
        BillingLedger ledger, long decisionOffset, RejectedOutcome outcome, RatedUsage usage, int partition, long offset)
    {
        LedgerBatch batch = new();
        usage.DecideIn(batch, decisionOffset, outcome, partition, offset);
        return ledger.Apply(batch);
    }

    /// <summary>The first usage lies at 0 of partition 0, the other at 0 of partition 1; all that was billed is explained.</summary>
    private static void AssertBilled(BillingLedger ledger, RatedUsage first, RatedUsage other, long amountNanos, int discarded)
    {
        Assert.Equal(amountNanos, ledger.Totals().Billed("EUR").AmountNanos);
        Assert.Equal(amountNanos, ledger.Database.QueryLong("SELECT CAST(sum(amount_nanos) AS BIGINT) FROM billed_line"));
        Reconciliation[] compared =
        [
            ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [first.At(0)]),
            ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 1), [other.At(0)]),
        ];
        Assert.All(compared, one => Assert.Empty(one.Differences));
        Assert.Equal(discarded, compared.Sum(one => one.Discarded));
    }

    private static string? Text(BillingLedger ledger, string sql) =>
        Convert.ToString(Assert.Single(ledger.Database.Query(sql, row => row.GetValue(0))), CultureInfo.InvariantCulture);

    [Fact]
    public void Apply_SecondWriterWithStalePosition_BillsNothingTwice()
    {
        using BillingLedger successor = Open();
        using BillingLedger zombie = Open();
        Apply(zombie, 0, 0, new RatedUsage(1));
        Apply(successor, 0, 1, new RatedUsage(2), new RatedUsage(3));

        LedgerBatchResult result = Apply(zombie, 0, 1, new RatedUsage(2), new RatedUsage(3));

        Assert.Equal(2, result.Redelivered);
        Assert.Equal(3, successor.Totals().Lines);
        Assert.Equal(3, successor.NextOffset(RatedUsage.Topic, 0));
    }

    [Fact]
    public void Totals_AfterReopening_AreThoseOfAllRuns()
    {
        using (BillingLedger first = Open())
        {
            Apply(first, 0, 0, new RatedUsage(1));
        }

        using BillingLedger second = Open();
        Apply(second, 0, 1, new RatedUsage(2), new RatedUsage(3) { Currency = "USD" });

        Assert.Equal(3, second.Totals().Lines);
        Assert.Equal([("EUR", PriceBasis.Net), ("USD", PriceBasis.Net)], second.Totals().Sums);
        Assert.Equal(3_000_000_000, second.Totals().Billed("EUR").AmountNanos);
    }

    [Fact]
    public void Totals_HashTotal_DoesNotDependOnOrderOrBatches()
    {
        RatedUsage[] usage = Enumerable.Range(0, 50).Select(i => new RatedUsage(i)).ToArray();
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, usage);
        ulong expected = ledger.Totals().Billed("EUR").HashTotal;
        ulong sum = 0UL;
        foreach (RatedUsage one in usage.Reverse())
        {
            sum += ControlTotal.HashOf(one.UsageId, one.AmountNanos);
        }

        Assert.Equal(expected, sum);
    }

    /// <summary>
    /// Usage 1 was corrected twice, the second time to nothing, which is on no bill; usage 2 never. The chain is the same from the usage
    /// and from each of its lines, and a line that comes again, also from a topic that was made anew, adds nothing to it.
    /// </summary>
    [Fact]
    public void Corrections_OfUsage_AreFoundFromItAndFromEachOfTheirLines()
    {
        using BillingLedger ledger = Open();
        RatedUsage[] usage =
        [
            new(1), new(2), new(3) { Corrects = 1, IsReversal = true, AmountNanos = -1_500_000_000 },
            new(4) { Corrects = 1, AmountNanos = 750_000_000, OfferingVersion = 4 },
            new(5) { Corrects = 1, IsReversal = true, AmountNanos = -750_000_000, OfferingVersion = 4 },
            new(6) { Corrects = 1, AmountNanos = 0, Outcome = RatedOutcome.ZeroRated },
        ];
        Assert.Null(ledger.NextOffset(RatedUsage.Topic, 0, "first", 0));
        Apply(ledger, 0, 0, [.. usage.Take(4)]);
        Apply(ledger, 0, 0, usage);
        Assert.Null(ledger.NextOffset(RatedUsage.Topic, 0, "second", 9));
        Apply(ledger, 0, 0, usage);

        foreach (RatedUsage known in new[] { usage[0], usage[2], usage[5] })
        {
            IReadOnlyList<LedgerCorrection> chain = ledger.Corrections(known.UsageId);
            Assert.Equal([usage[2].UsageId, usage[3].UsageId, usage[4].UsageId, usage[5].UsageId], chain.Select(one => one.LineId));
            Assert.Equal([true, false, true, false], chain.Select(one => one.IsReversal));
            Assert.Equal([-1_500_000_000, 750_000_000, -750_000_000, null], chain.Select(one => one.Billed?.AmountNanos));
            Assert.All(chain, one => Assert.Equal(
                (usage[0].UsageId, CorrectionReason.Tariff, "clerk@host", "T-7"),
                (one.UsageId, one.Reason, one.DecidedBy, one.Because)));
            Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_003), chain[0].DecidedAt);
        }

        Assert.Empty(ledger.Corrections(usage[1].UsageId));
        Assert.Equal(
            ["USAGE", "USAGE", "REVERSAL", "NEW", "REVERSAL"],
            ledger.Database.Query("SELECT line FROM billed_usage ORDER BY rated_offset", row => row.GetString(0)));
        Assert.Equal(
            [usage[0].UsageId, usage[1].UsageId, usage[0].UsageId, usage[0].UsageId, usage[0].UsageId],
            ledger.Database.Query(
                "SELECT original_usage_id FROM billed_usage ORDER BY rated_offset", row => UsageId.FromBytes((byte[])row[0])));
    }

    [Fact]
    public void Lines_ShowWhereTheyComeFrom()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 2, 7, new RatedUsage(1) { AmountNanos = -1, Node = "pgw-é" });

        IEnumerable<string?> columns = Assert.Single(ledger.Database.Query(
            """
            SELECT rated_topic, rated_partition, rated_offset, received_partition, received_offset, source, node, file_name,
              file_sequence_number,
                   record_index, container_index, amount, period, kind
            FROM billed_usage
            """,
            row => Enumerable.Range(0, row.FieldCount)
                .Select(i => Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture))
                .ToArray()));
        Assert.Equal(
            ["usage.rated.v1", "2", "7", "2", "107", "ericsson-pgw", "pgw-é", "pgw.cdr", "42", "1", "1", "-0.000000001", "202610", "DATA"],
            columns);
    }

    [Fact]
    public void Close_RoundsEachLineOnceHalfAwayFromZero()
    {
        using BillingLedger ledger = Open();
        Apply(
            ledger,
            0,
            0,
            new RatedUsage(1) { Account = "a", AmountNanos = 2_000_000 },
            new RatedUsage(2) { Account = "a", AmountNanos = 3_000_000 },
            new RatedUsage(3) { Account = "b", AmountNanos = -5_000_000 },
            new RatedUsage(4) { Account = "c", AmountNanos = 4_999_999 },
            new RatedUsage(5) { Account = "c", Kind = UsageKind.Sms, AmountNanos = 125_000_000 },
            new RatedUsage(6) { Account = "d", AmountNanos = 124_999_999 },
            new RatedUsage(7) { Account = "e", AmountNanos = -125_000_000 });

        BillClose close = ledger.Close(202610);

        Assert.Equal(new BillClose(1, 202610, 6, 7), close);
        IReadOnlyList<BillLine> lines = ledger.BillLines(1);
        Assert.Equal([0.01m, -0.01m, 0.00m, 0.13m, 0.12m, -0.13m], lines.Select(line => line.Amount));
        Assert.Equal([0.005m, -0.005m, 0.004999999m, 0.125m, 0.124999999m, -0.125m], lines.Select(line => line.ExactAmount));
        Assert.Equal([2, 1, 1, 1, 1, 1], lines.Select(line => line.UsageEvents));
    }

    [Fact]
    public void Close_LateUsage_IsBilledByTheNextCloseAndOnce()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2) { PeriodStart = new DateOnly(2026, 11, 1) });
        Assert.Equal(1, ledger.Close(202610).UsageEvents);
        Assert.Equal(0, ledger.Close(202610).Number);
        Apply(ledger, 0, 2, new RatedUsage(3));

        BillClose next = ledger.Close(202611);

        Assert.Equal(new BillClose(2, 202611, 2, 2), next);
        Assert.Equal([202610, 202611], ledger.BillLines(2).Select(line => line.Period));
        Assert.True(
            ledger.Reconcile(
                ledger.MarkOf(RatedUsage.Topic, 0),
                [new RatedUsage(1).At(0), new RatedUsage(2).At(1), new RatedUsage(3).At(2)]).IsBalanced);
    }

    /// <summary>P-7: the parts make the total, whatever the amounts, and SQL rounds as decimal does.</summary>
    [Fact]
    public void Close_RandomAmounts_SumOfLinesIsTheBill()
    {
        Random random = new(20261123);
        RatedUsage[] usage = Enumerable.Range(0, 2000)
            .Select(i => new RatedUsage(i) { Account = $"account-{i % 97}", AmountNanos = random.NextInt64(-20_000_000, 20_000_000) })
            .ToArray();
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, usage);

        IReadOnlyList<BillLine> lines = ledger.BillLines(ledger.Close(202610).Number);

        Assert.Equal(usage.Sum(one => one.AmountNanos) / 1_000_000_000m, lines.Sum(line => line.ExactAmount));
        Assert.All(lines, line => Assert.Equal(Math.Round(line.ExactAmount, 2, MidpointRounding.AwayFromZero), line.Amount));
        foreach (BillLine line in lines)
        {
            Assert.Equal(usage.Where(one => one.Account == line.Account).Sum(one => one.AmountNanos) / 1_000_000_000m, line.ExactAmount);
        }
    }

    [Fact]
    public void Reconcile_WhenAllIsBilled_Balances()
    {
        using BillingLedger ledger = Open();
        RatedUsage[] usage = [new(1), new(2), new(3)];
        Apply(ledger, 0, 0, usage);
        Apply(ledger, 0, 3, new RatedUsage(1), new RatedUsage(4));

        Reconciliation result = ledger.Reconcile(
            ledger.MarkOf(RatedUsage.Topic, 0),
            [usage[0].At(0), usage[1].At(1), usage[2].At(2), new RatedUsage(1).At(3), new RatedUsage(4).At(4), new RatedUsage(5).At(5)]);

        Assert.True(result.IsBalanced);
        Assert.Equal(1, result.LedgerDuplicates);
        Assert.Equal(result.Rated, result.Billed);
        Assert.Equal(4, result.Billed.Records);
    }

    /// <summary>A comparison reads a partition for hours, and nobody's usage may wait for that.</summary>
    [Fact]
    public void Reconcile_WhileTheLedgerGoesOn_LetsItAndComparesUpToItsMark()
    {
        using BillingLedger ledger = Open();
        using BillingLedger sink = Open();
        Apply(sink, 0, 0, new RatedUsage(1), new RatedUsage(2));
        LedgerMark mark = ledger.MarkOf(RatedUsage.Topic, 0);
        Apply(sink, 0, 2, new RatedUsage(3));

        Reconciliation result = ledger.Reconcile(mark, WhileBilling());

        Assert.Equal(0, result.DifferenceCount);
        Assert.Equal((2L, 2L), (result.Rated.Records, result.Billed.Records));
        Assert.Equal(5, ledger.MarkOf(RatedUsage.Topic, 0).NextOffset);

        IEnumerable<RatedPosition> WhileBilling()
        {
            yield return new RatedUsage(1).At(0);
            Assert.Equal(0, Apply(sink, 0, 3, new RatedUsage(4)).Redelivered);
            yield return new RatedUsage(2).At(1);
            Assert.Equal(0, Apply(sink, 0, 4, new RatedUsage(5)).Redelivered);
            yield return new RatedUsage(3).At(2);
        }
    }

    [Fact]
    public void Reconcile_WhenTheyDiffer_NamesEachPosition()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2), new RatedUsage(3));

        Reconciliation result = ledger.Reconcile(
            ledger.MarkOf(RatedUsage.Topic, 0), [new RatedUsage(1).At(0), (new RatedUsage(2) with { AmountNanos = 7 }).At(1)]);

        Assert.False(result.IsBalanced);
        Assert.Equal(
            [
                new LedgerDifference(LedgerDifferenceKind.OtherAmount, 1, 7, 1_500_000_000),
                new LedgerDifference(LedgerDifferenceKind.NotOnTopic, 2, 0, 1_500_000_000),
            ],
            result.Differences);
    }

    [Theory]
    [InlineData("DELETE FROM billed_line WHERE rated_offset = 1", LedgerDifferenceKind.NotBilled, 1L)]
    [InlineData("UPDATE billed_line SET amount_nanos = 7 WHERE rated_offset = 1", LedgerDifferenceKind.OtherAmount, 1L)]
    [InlineData("UPDATE control_total SET records = records + 1", LedgerDifferenceKind.ControlTotal, -1L)]
    public void Reconcile_LedgerChangedAfterwards_FindsIt(string tampering, LedgerDifferenceKind expected, long offset)
    {
        using BillingLedger ledger = Open();
        RatedUsage[] usage = [new(1), new(2), new(3)];
        Apply(ledger, 0, 0, usage);
        ledger.Database.Execute(tampering);

        Reconciliation result = ledger.Reconcile(ledger.MarkOf(RatedUsage.Topic, 0), [usage[0].At(0), usage[1].At(1), usage[2].At(2)]);

        Assert.Contains(result.Differences, difference => difference.Kind == expected && difference.Offset == offset);
    }

    /// <summary>P-4: a bill line and its reversal sum to zero to the cent, over all amounts that an event can have.</summary>
    [Fact]
    public void Close_LinesAndTheirReversals_SumToZero()
    {
        Random random = new(20261124);
        RatedUsage[] usage = Enumerable.Range(0, 1000)
            .SelectMany(i =>
            {
                long nanos = i == 0 ? Nanos.Max : random.NextInt64(-Nanos.Max, Nanos.Max);
                return new[]
                {
                    new RatedUsage(2 * i) { Account = $"charge-{i:D4}", AmountNanos = nanos },
                    new RatedUsage((2 * i) + 1) { Account = $"reversal-{i:D4}", AmountNanos = -nanos },
                };
            })
            .ToArray();
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, usage);

        IReadOnlyList<BillLine> lines = ledger.BillLines(ledger.Close(202610).Number);

        Assert.All(lines.Take(1000).Zip(lines.Skip(1000)), pair => Assert.Equal(0, pair.First.Amount + pair.Second.Amount));
        Assert.All(lines, line => Assert.Equal(Math.Round(line.ExactAmount, 2, MidpointRounding.AwayFromZero), line.Amount));
    }

    [Fact]
    public async Task Open_ByManyAtOnce_MakesTheTablesOnce()
    {
        BillingOptions options = _options ??= NewLedger();
        BillingLedger[] opened = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Task.Run(() => BillingLedger.Open(options, _clock))));

        Apply(opened[0], 0, 0, new RatedUsage(1));
        Assert.All(opened, ledger => Assert.Equal(1, ledger.Totals().Lines));
        Array.ForEach(opened, ledger => ledger.Dispose());
    }

    [Fact]
    public void Open_LedgerOfANewerRelease_IsRefused()
    {
        using (BillingLedger ledger = Open())
        {
            ledger.Database.Execute("INSERT INTO schema_version (version, applied_at) VALUES (999, 0)");
        }

        StorageException refusal = Assert.Throws<StorageException>(Open);
        Assert.Equal(StorageFault.NewerVersion, refusal.Fault);
        Assert.Contains("999", refusal.Message, StringComparison.Ordinal);
    }
}
