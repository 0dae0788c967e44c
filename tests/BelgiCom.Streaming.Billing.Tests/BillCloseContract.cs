using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Storage;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Billing.Tests;

/// <summary>What closing a month with fees, discounts and commitments promises, whatever database is under the ledger.</summary>
public abstract class BillCloseContract : IDisposable
{
    private const int October = 202610;
    private const int November = 202611;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 12, 1, 6, 0, 0, TimeSpan.Zero));
    private BillingOptions? _options;
    private long _offset;

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

    /// <summary>20.00 a month in advance, with VAT: two subscriptions, one of which begins on 17 October.</summary>
    [Fact]
    public void Close_SubscribersWithoutUsage_PayTheirFeesAndTheNextInAdvance()
    {
        using BillingLedger ledger = Open();

        BillClose close = ledger.Close(October, Closing([Plan], ("a", "plan", null, null), ("a", "plan", Day(10, 17), null)));

        Assert.Equal(new BillClose(1, October, 2, 0), close);
        Assert.Equal(
            [(October, 29.68m, "1 × 20.00 = 20.00; 1 × 20.00 × 15 of 31 days = 9.677419355"), (November, 40m, "2 × 20.00 = 40.00")],
            ledger.BillLines(1).Select(line => (line.Period, line.Amount, line.Words)));
        Bill bill = Assert.Single(ledger.Bills(1));
        // 69.68 / 1.21 = 57.5868
        Assert.Equal((57.59m, 12.09m, 69.68m), (bill.Net, bill.Vat, bill.Gross));
    }

    /// <summary>Usage that money paid is on the bill and taken off it, late usage of a closed month as well; fees are due.</summary>
    [Fact]
    public void Close_UsagePaidBeforehand_IsShownAndNotAskedFor()
    {
        using BillingLedger ledger = Open();
        PeriodTerms card = Frame with { IsPrepaid = true, Commitments = [], Fees = [new("sim", 1.5m, true, false, false, null, [])] };
        ClosingTerms terms = Closing([card], ("a", "frame", null, null));
        Apply(ledger, Used(1, 0, 30.004m), Used(2, 1, 0.07m));
        ledger.Close(October, terms);
        Apply(ledger, Used(3, 0, 5));

        BillClose next = ledger.Close(November, terms);

        Assert.Equal(
            [(PeriodChargeKind.Usage, 30.07m), (PeriodChargeKind.Fee, 1.5m), (PeriodChargeKind.Prepaid, -30.07m)],
            ledger.BillLines(1).OrderBy(line => line.LineKind).Select(line => (line.LineKind, line.Amount)));
        Assert.Equal(
            [(October, PeriodChargeKind.Usage, 5m), (October, PeriodChargeKind.Prepaid, -5m), (November, PeriodChargeKind.Fee, 1.5m)],
            ledger.BillLines(next.Number).Select(line => (line.Period, line.LineKind, line.Amount)));
        Assert.Equal([1.5m, 1.5m], ledger.Bills(1).Concat(ledger.Bills(next.Number)).Select(bill => bill.Net));
        Assert.Equal(new BillClose(0, November, 0, 0), ledger.Close(November, terms));
    }

    [Fact]
    public void Close_Again_BillsNothingTwice()
    {
        using BillingLedger ledger = Open();
        ClosingTerms terms = Closing([Plan], ("a", "plan", null, null));
        ledger.Close(October, terms);

        Assert.Equal(new BillClose(0, October, 0, 0), ledger.Close(October, terms));
        BillClose next = ledger.Close(November, terms);

        Assert.Equal([202612], ledger.BillLines(next.Number).Select(line => line.Period));
    }

    /// <summary>Ended on 10 November, after November's fee was billed in advance: 9 of 30 days are due, and 14.00 come back.</summary>
    [Fact]
    public void Close_SubscriptionThatEnded_PaysBackWhatWasBilledInAdvance()
    {
        using BillingLedger ledger = Open();
        ledger.Close(October, Closing([Plan], ("a", "plan", null, null)));

        BillLine line = Assert.Single(
            ledger.BillLines(ledger.Close(November, Closing([Plan], ("a", "plan", null, Day(11, 10)))).Number));

        Assert.Equal(-14m, line.Amount);
        Assert.Equal("1 × 20.00 × 9 of 30 days = 6.00; less 20.00 on earlier bills", line.Words);
    }

    /// <summary>100.00 at least: 30.00 were used. 50.00 that come late take as much of the true-up back.</summary>
    [Fact]
    public void Close_LateUsageUnderACommitment_TakesTheTrueUpBack()
    {
        using BillingLedger ledger = Open();
        ClosingTerms terms = Closing([Frame], ("a", "frame", null, null));
        Apply(ledger, Used(1, 0, 30));
        ledger.Close(October, terms);
        Apply(ledger, Used(2, 0, 50), Used(3, 1, 7));

        BillClose next = ledger.Close(November, terms);

        Assert.Equal(
            [(PeriodChargeKind.Commitment, 70m), (PeriodChargeKind.Usage, 30m)],
            ledger.BillLines(1).OrderByDescending(line => line.LineKind).Select(line => (line.LineKind, line.Amount)));
        Assert.Equal(
            [(October, "", 57m), (October, "least", -50m), (November, "least", 100m)],
            ledger.BillLines(next.Number).Select(line => (line.Period, line.Item, line.Amount)));
        Assert.Equal(
            "at least 100.00; charged 80.00, missing 20.00; less 70.00 on earlier bills",
            ledger.BillLines(next.Number)[1].Words);
    }

    /// <summary>Only the part at the first price counts for the commitment.</summary>
    [Fact]
    public void Close_UsageOfSeveralPrices_CountsByPrice()
    {
        using BillingLedger ledger = Open();
        Apply(
            ledger,
            Used(1, 0, 30) with { Parts = [(0, Money(20)), (1, Money(10))] },
            Used(2, 1, 5) with { Parts = [(0, Money(2)), (0, Money(3))] },
            Used(1, 0, 30) with { Parts = [(0, Money(20)), (1, Money(10))] });

        ledger.Close(October, Closing([Frame], ("a", "frame", null, null)));

        Assert.Equal([35m, 75m], ledger.BillLines(1).Select(line => line.Amount));
        Assert.Equal(2, ledger.BillLines(1)[0].UsageEvents);
    }

    /// <summary>
    /// An add-on from the 11th to the 20th of October: 10 of 31 days of 6.20, and the main offering's fee whole and in one sum, though the
    /// subscription is in three periods. Of a call of the main offering with a part of 10.00 by the add-on's price, 20.00 count for the
    /// main offering's least amount, and 10.00 for the add-on's.
    /// </summary>
    [Fact]
    public void Close_AddOnForAPartOfTheMonth_HasItsOwnDaysAndPrices()
    {
        using BillingLedger ledger = Open();
        PeriodTerms main = Frame with { Fees = Plan.Fees };
        PeriodTerms addOn = Frame with
        {
            Offering = "extra",
            Fees = [new("pass", 6.2m, true, false, true, null, [])],
            Commitments = [new("little", 15m, null, ["voice"], false)],
        };
        ClosingTerms terms = new(
            [main, addOn],
            [
                new Subscription
                {
                    SubscriberRef = SubscriberRef.FromHalves(1, 1),
                    Periods =
                    [
                        new() { Account = "a", Offering = "frame", ValidTo = Day(10, 11) },
                        new() { Account = "a", Offering = "frame", AddOns = ["extra"], ValidFrom = Day(10, 11), ValidTo = Day(10, 21) },
                        new() { Account = "a", Offering = "frame", ValidFrom = Day(10, 21) },
                    ],
                },
            ]);
        Apply(ledger, Used(1, 0, 30) with { Parts = [(0, Money(20)), (0, Money(10))], OfferingOfLastPart = "extra" });

        ledger.Close(October, terms);

        Assert.Equal(
            [
                ("extra", "little", 5m, "at least 15.00; charged 10.00, missing 5.00"),
                ("extra", "pass", 2m, "1 × 6.20 × 10 of 31 days = 2.00"),
                ("frame", "least", 80m, "at least 100.00; charged 20.00, missing 80.00"),
                ("frame", "monthly", 20m, "1 × 20.00 = 20.00"),
            ],
            ledger.BillLines(1).Where(line => line.Period == October && line.LineKind != PeriodChargeKind.Usage)
                .Select(line => (line.Offering, line.Item, line.Amount, line.Words)).Order());
    }

    [Fact]
    public void Close_MonthThatIsNotOver_IsRefusedAndCanBeTried()
    {
        using BillingLedger ledger = Open();
        ClosingTerms terms = Closing([Plan], ("a", "plan", null, null));
        Apply(ledger, Used(1, 0, 30) with { Offering = "plan", PeriodStart = new DateOnly(2026, 12, 1) });

        Assert.Contains("202612", Assert.Throws<BillRefusedException>(() => ledger.Close(202612, terms)).Message, StringComparison.Ordinal);
        (BillClose close, IReadOnlyList<Bill> bills) = ledger.TryClose(202612, terms);

        Assert.Equal((3, 1), (close.Lines, close.UsageEvents));
        Assert.Equal(70m, bills.Sum(bill => bill.Lines.Sum(line => line.Amount)));
        Assert.Null(ledger.NewestClose());
        Assert.Equal(0, ledger.Database.QueryLong("SELECT count(*) FROM bill_line"));
        Assert.Equal(0, ledger.Database.QueryLong("SELECT count(*) FROM bill_terms"));
        _clock.SetUtcNow(new DateTimeOffset(2026, 12, 31, 23, 0, 0, TimeSpan.Zero));
        Assert.Equal(3, ledger.Close(202612, terms).Lines);
    }

    [Fact]
    public void Close_WithoutTheTermsNeeded_IsRefusedWhole()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, Used(1, 0, 30), Used(2, 0, 30) with { Account = "b", OfferingVersion = 9 });

        BillRefusedException refused = Assert.Throws<BillRefusedException>(
            () => ledger.Close(October, Closing([Frame], ("a", "frame", null, null), ("a", "other", null, null))));

        Assert.Equal(3, refused.Reasons.Count);
        Assert.Contains("'frame' version 9", refused.Reasons[0], StringComparison.Ordinal);
        Assert.Contains("'other'", refused.Reasons[1], StringComparison.Ordinal);
        Assert.StartsWith("1 accounts", refused.Reasons[2], StringComparison.Ordinal);
        Assert.Null(ledger.NewestClose());
        Assert.Equal(2, ledger.Database.QueryLong("SELECT count(*) FROM billed_line WHERE bill_close IS NULL"));
    }

    /// <summary>A version whose terms changed after they were billed would make a bill that nobody can compute again.</summary>
    [Fact]
    public void Close_WithOtherTermsOfTheSameVersion_IsRefused()
    {
        using BillingLedger ledger = Open();
        ledger.Close(October, Closing([Plan], ("a", "plan", null, null)));
        PeriodTerms dearer = Plan with { Fees = [Plan.Fees[0] with { Price = 21m }] };

        Assert.Throws<BillRefusedException>(() => ledger.Close(November, Closing([dearer], ("a", "plan", null, null))));
    }

    /// <summary>Half of the subscriptions would pay back the fees of the other half.</summary>
    [Fact]
    public void Close_WithoutAnAccountThatWasBilled_IsRefused()
    {
        using BillingLedger ledger = Open();
        ledger.Close(October, Closing([Plan], ("a", "plan", null, null), ("b", "plan", null, null)));

        Assert.Throws<BillRefusedException>(() => ledger.Close(November, Closing([Plan], ("a", "plan", null, null))));
        Assert.Equal(2, ledger.Close(November, Closing([Plan], ("a", "plan", null, null), ("b", "plan", null, Day(11, 1)))).Lines);
    }

    /// <summary>The database fails at the last line of the bill: none is there, and the next close makes all.</summary>
    [Fact]
    public void Close_ThatFailsInTheMiddle_LeavesNothing()
    {
        using BillingLedger ledger = Open();
        ClosingTerms terms = Closing([Frame], ("a", "frame", null, null));
        Apply(ledger, Used(1, 0, 30));
        ledger.Database.Execute("ALTER TABLE bill_line RENAME COLUMN words TO text");

        Assert.Throws<StorageException>(() => ledger.Close(October, terms));

        Assert.Null(ledger.NewestClose());
        Assert.Equal(1, ledger.Database.QueryLong("SELECT count(*) FROM billed_line WHERE bill_close IS NULL"));
        ledger.Database.Execute("ALTER TABLE bill_line RENAME COLUMN text TO words");
        Assert.Equal(2, ledger.Close(October, terms).Lines);
    }

    /// <summary>D-01, D-25: a yen has no smaller unit, a dinar has a thousandth.</summary>
    [Theory]
    [InlineData("JPY", 11)]
    [InlineData("TND", 10.5)]
    public void Close_OtherCurrency_RoundsToItsDecimals(string currency, decimal amount)
    {
        using BillingLedger ledger = Open();
        Apply(ledger, Used(1, 0, 10.5m) with { Currency = currency });

        Assert.Equal(amount, Assert.Single(ledger.BillLines(ledger.Close(October).Number)).Amount);
    }

    /// <summary>
    /// P-7: however usage comes late and subscriptions change, the closes together bill what one close would have billed in the end.
    /// </summary>
    [Fact]
    public void Close_InAnyOrderOfArrival_AddsUpToOneClose()
    {
        Random random = new(20261128);
        for (int round = 0; round < 5; round++)
        {
            RatedUsage[] usage = [.. Enumerable.Range(0, 30).Select(i => Used(i, random.Next(2), random.Next(40)) with
            {
                Account = random.Next(2) == 0 ? "a" : "b",
                PeriodStart = new DateOnly(2026, 10 + random.Next(2), 1),
            })];
            ClosingTerms before = Closing([Frame, Plan], ("a", "frame", null, null), ("b", "frame", Day(10, 1 + random.Next(31)), null));
            ClosingTerms last = Closing(
                [Frame, Plan], ("a", "frame", null, Day(11, 1 + random.Next(29))), ("b", "frame", Day(10, 1 + random.Next(31)), null));

            Assert.Equal(
                Billed(usage, [(October, 30, last), (November, 30, last)]),
                Billed(
                    usage,
                    [
                        (October, 10, before), (October, 20, before), (November, 25, before), (October, 30, last), (November, 30, last),
                    ]));
        }

        Dictionary<string, decimal> Billed(RatedUsage[] usage, (int Month, int Until, ClosingTerms Terms)[] closes)
        {
            (_options, _offset) = (null, 0);
            using BillingLedger ledger = Open();
            foreach ((int month, int until, ClosingTerms terms) in closes)
            {
                Apply(ledger, usage.AsSpan((int)_offset..until));
                ledger.Close(month, terms);
            }

            return Enumerable.Range(1, (int)ledger.NewestClose()!).SelectMany(close => ledger.BillLines(close))
                .GroupBy(line => $"{line.Account} {line.Period} {line.LineKind} {line.Item}")
                .Select(group => (group.Key, Sum: group.Sum(line => line.ExactAmount))).Where(group => group.Sum != 0)
                .ToDictionary(group => group.Key, group => group.Sum);
        }
    }

    private static PeriodTerms Plan { get; } = new()
    {
        Offering = "plan",
        Version = 3,
        ValidFrom = Day(1, 1),
        Currency = "EUR",
        Basis = PriceBasis.Gross,
        VatPermille = 210,
        Fees = [new("monthly", 20m, true, true, true, null, [])],
    };

    private static PeriodTerms Frame { get; } = Plan with
    {
        Offering = "frame",
        Basis = PriceBasis.Net,
        Fees = [],
        Commitments = [new("least", 100m, null, ["voice"], true)],
        Prices = [new("voice", true, 0.06m, 60), new("sms", true, 0.07m, 1)],
    };

    private static RatedUsage Used(int number, int price, decimal amount) => new(number)
    {
        Account = "a",
        Offering = "frame",
        PriceIndex = price,
        AmountNanos = Money(amount),
    };

    private static ClosingTerms Closing(
        PeriodTerms[] terms, params (string Account, string Offering, DateTimeOffset? From, DateTimeOffset? To)[] subscriptions) => new(
            terms,
            subscriptions.Select((one, index) => new Subscription
            {
                SubscriberRef = SubscriberRef.FromHalves(1, (ulong)index),
                Periods =
                [
                    new SubscriptionPeriod
                    {
                        Account = one.Account, Offering = one.Offering, ValidFrom = one.From, ValidTo = one.To,
                    },
                ],
            }));

    private static DateTimeOffset Day(int month, int day) => BelgianCalendar.StartOfDay(new DateOnly(2026, month, day));

    private static long Money(decimal amount) => Nanos.FromDecimal(amount);

    private BillingLedger Open() => BillingLedger.Open(_options ??= NewLedger(), _clock);

    private void Apply(BillingLedger ledger, params ReadOnlySpan<RatedUsage> usage)
    {
        LedgerBatch batch = new();
        foreach (RatedUsage one in usage)
        {
            one.AddTo(batch, 0, _offset++);
        }

        ledger.Apply(batch);
    }
}

public sealed class PostgreSqlBillCloseTests(PostgreSqlServer server) : BillCloseContract
{
    protected override BillingOptions NewLedger() => new() { ConnectionString = server.NewDatabase() };
}

public sealed class SqliteBillCloseTests : BillCloseContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-");
    private int _ledgers;

    protected override BillingOptions NewLedger() => new() { DataDirectory = Path.Combine(_folder.FullName, $"{_ledgers++}") };

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }
}
