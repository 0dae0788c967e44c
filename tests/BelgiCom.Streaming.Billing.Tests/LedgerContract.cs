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
        Assert.Equal(["EUR"], totals.Currencies);
        Assert.Equal(1_000_000_001, totals.Billed("EUR").AmountNanos);
        Assert.Equal(3000, totals.Billed("EUR").Octets);
        Assert.Equal(180, totals.Billed("EUR").Seconds);
        Assert.Equal(13, ledger.NextOffset(RatedUsage.Topic, 3));
        Assert.Null(ledger.NextOffset(RatedUsage.Topic, 4));
    }

    [Fact]
    public void Apply_OtherOutcomes_AreCountedAndNotBilled()
    {
        using BillingLedger ledger = Open();
        LedgerBatch batch = new();
        new RatedUsage(1) { Outcome = RatedOutcome.ZeroRated, AmountNanos = 0 }.AddTo(batch, 0, 0);
        int offset = 0;
        foreach (RejectedOutcome outcome in (RejectedOutcome[])[
            RejectedOutcome.Rejected, RejectedOutcome.Duplicate, RejectedOutcome.Late, RejectedOutcome.Suspended])
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
            [LedgerOutcome.ZeroRated, LedgerOutcome.Duplicate, LedgerOutcome.Late, LedgerOutcome.Suspended, LedgerOutcome.Rejected],
            outcome => Assert.Equal(1, totals.Count(outcome)));
        Assert.Equal(4, ledger.NextOffset(Topics.UsageRejected, 0));
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
        Assert.Equal(default, ledger.Totals().Since(before).Of(LedgerOutcome.Rated));
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

        LedgerBatchResult result = Apply(ledger, 0, 2, new RatedUsage(2) { AmountNanos = 99 }, new RatedUsage(3), new RatedUsage(3));

        Assert.Equal(2, result.Counts[(int)LedgerOutcome.LedgerDuplicate]);
        Assert.Equal(3, ledger.Totals().Lines);
        Assert.Equal(2, ledger.Totals().Count(LedgerOutcome.LedgerDuplicate));
        Assert.Equal(4_500_000_000, ledger.Totals().Billed("EUR").AmountNanos);
        Assert.Equal(5, ledger.NextOffset(RatedUsage.Topic, 0));
    }

    [Fact]
    public void Apply_FailureInTheMiddle_KeepsNothing()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1));

        // The sum of the octets of one key leaves 64 bits only when the totals are made: after the lines have been written.
        LedgerBatch batch = new();
        new RatedUsage(2) { AmountNanos = long.MaxValue }.AddTo(batch, 0, 1);
        new RatedUsage(3) { AmountNanos = long.MaxValue }.AddTo(batch, 0, 2);
        Assert.Throws<StorageException>(() => ledger.Apply(batch));

        Assert.Equal(1, ledger.Totals().Lines);
        Assert.Equal(1L, ledger.Database.QueryLong("SELECT count(*) FROM billed_line"));
        Assert.Equal(1, ledger.NextOffset(RatedUsage.Topic, 0));
        Assert.Equal(1, Apply(ledger, 0, 1, new RatedUsage(2)).Counts[(int)LedgerOutcome.Rated]);
        Assert.True(ledger.Reconcile(RatedUsage.Topic, 0, [new RatedUsage(1).At(0), new RatedUsage(2).At(1)]).IsBalanced);
    }

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
        Assert.Equal(["EUR", "USD"], second.Totals().Currencies);
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
            ledger.Reconcile(RatedUsage.Topic, 0, [new RatedUsage(1).At(0), new RatedUsage(2).At(1), new RatedUsage(3).At(2)]).IsBalanced);
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
            RatedUsage.Topic,
            0,
            [usage[0].At(0), usage[1].At(1), usage[2].At(2), new RatedUsage(1).At(3), new RatedUsage(4).At(4), new RatedUsage(5).At(5)]);

        Assert.True(result.IsBalanced);
        Assert.Equal(1, result.LedgerDuplicates);
        Assert.Equal(result.Rated, result.Billed);
        Assert.Equal(4, result.Billed.Records);
    }

    [Fact]
    public void Reconcile_WhenTheyDiffer_NamesEachPosition()
    {
        using BillingLedger ledger = Open();
        Apply(ledger, 0, 0, new RatedUsage(1), new RatedUsage(2), new RatedUsage(3));

        Reconciliation result = ledger.Reconcile(
            RatedUsage.Topic, 0, [new RatedUsage(1).At(0), (new RatedUsage(2) with { AmountNanos = 7 }).At(1)]);

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

        Reconciliation result = ledger.Reconcile(RatedUsage.Topic, 0, [usage[0].At(0), usage[1].At(1), usage[2].At(2)]);

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
