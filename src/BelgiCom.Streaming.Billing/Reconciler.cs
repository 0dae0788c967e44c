using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// Compares a partition with its lines, both in the order of the offsets, in one pass and in memory that does not grow with the partition.
/// </summary>
internal sealed class Reconciler
{
    private readonly List<LedgerDifference> _differences = [];
    private readonly List<RatedPosition> _notAtPosition = [];
    private readonly Database _database;
    private long _differenceCount;
    private long _duplicates;
    private ControlTotal _rated;
    private ControlTotal _billed;

    private Reconciler(Database database) => _database = database;

    /// <summary>Compares; in a transaction.</summary>
    public static Reconciliation Reconcile(Database database, string topic, int partition, IEnumerable<RatedPosition> rated)
    {
        Reconciler reconciler = new(database);
        long stream = database.QueryLong("SELECT stream FROM position WHERE topic = @p0 AND partition = @p1", topic, (long)partition) ?? -1;
        long position = database.QueryLong("SELECT next_offset FROM position WHERE stream = @p0", stream) ?? 0;
        byte[] usageId = new byte[UsageId.Size];
        IEnumerable<RatedPosition> billed = database.Stream(
            "SELECT rated_offset, usage_id, amount_nanos FROM billed_line WHERE stream = @p0 ORDER BY rated_offset",
            reader =>
            {
                reader.GetBytes(1, 0, usageId, 0, usageId.Length);
                return new RatedPosition(reader.GetInt64(0), UsageId.FromBytes(usageId), reader.GetInt64(2));
            },
            stream);
        reconciler.Walk(rated.TakeWhile(record => record.Offset < position), billed);
        reconciler.ResolveMissing();
        reconciler.CompareControlTotals(stream);
        return new Reconciliation(
            topic, partition, reconciler._rated, reconciler._billed, reconciler._duplicates, reconciler._differenceCount,
            reconciler._differences);
    }

    private void Walk(IEnumerable<RatedPosition> rated, IEnumerable<RatedPosition> billed)
    {
        using IEnumerator<RatedPosition> topic = rated.GetEnumerator();
        using IEnumerator<RatedPosition> ledger = billed.GetEnumerator();
        bool onTopic = topic.MoveNext();
        bool inLedger = ledger.MoveNext();
        while (onTopic || inLedger)
        {
            int order = !onTopic ? 1 : !inLedger ? -1 : topic.Current.Offset.CompareTo(ledger.Current.Offset);
            if (order <= 0)
            {
                _rated += TotalOf(topic.Current);
            }

            if (order >= 0)
            {
                _billed += TotalOf(ledger.Current);
            }

            if (order < 0)
            {
                Missing(topic.Current);
            }
            else if (order > 0)
            {
                Differ(LedgerDifferenceKind.NotOnTopic, ledger.Current.Offset, 0, ledger.Current.AmountNanos);
            }
            else
            {
                Compare(topic.Current, ledger.Current);
            }

            onTopic = order <= 0 ? topic.MoveNext() : onTopic;
            inLedger = order >= 0 ? ledger.MoveNext() : inLedger;
        }
    }

    private void Compare(RatedPosition rated, RatedPosition billed)
    {
        if (rated.UsageId != billed.UsageId)
        {
            Differ(LedgerDifferenceKind.OtherUsage, rated.Offset, rated.AmountNanos, billed.AmountNanos);
        }
        else if (rated.AmountNanos != billed.AmountNanos)
        {
            Differ(LedgerDifferenceKind.OtherAmount, rated.Offset, rated.AmountNanos, billed.AmountNanos);
        }
    }

    /// <summary>
    /// Remembers the event; whether it is billed under another position is asked at the end, because a connection answers one question at a
    /// time.
    /// </summary>
    private void Missing(RatedPosition rated)
    {
        if (_notAtPosition.Count < Reconciliation.MaxDifferences)
        {
            _notAtPosition.Add(rated);
        }
        else
        {
            Differ(LedgerDifferenceKind.NotBilled, rated.Offset, rated.AmountNanos, 0);
        }
    }

    private void ResolveMissing()
    {
        byte[] usageId = new byte[16];
        foreach (RatedPosition rated in _notAtPosition)
        {
            rated.UsageId.CopyTo(usageId);
            long? amount = _database.QueryLong("SELECT amount_nanos FROM billed_line WHERE usage_id = @p0", usageId);
            if (amount == rated.AmountNanos)
            {
                _duplicates++;
                _rated = _rated.Since(TotalOf(rated));
            }
            else
            {
                Differ(
                    amount is null ? LedgerDifferenceKind.NotBilled : LedgerDifferenceKind.OtherAmount, rated.Offset, rated.AmountNanos,
                    amount ?? 0);
            }
        }
    }

    private void CompareControlTotals(long stream)
    {
        ControlTotal written = _database.Query(
            "SELECT records, octets, seconds, amount_nanos, hash_total FROM control_total WHERE stream = @p0 AND outcome = @p1",
            reader => BillingLedger.ReadTotal(reader, 0),
            stream,
            (long)LedgerOutcome.Rated).Aggregate(default(ControlTotal), ControlTotal.Add);
        if (written.Records != _billed.Records || written.AmountNanos != _billed.AmountNanos || written.HashTotal != _billed.HashTotal)
        {
            Differ(LedgerDifferenceKind.ControlTotal, -1, written.AmountNanos, _billed.AmountNanos);
        }
    }

    private void Differ(LedgerDifferenceKind kind, long offset, long ratedNanos, long billedNanos)
    {
        _differenceCount++;
        if (_differences.Count < Reconciliation.MaxDifferences)
        {
            _differences.Add(new LedgerDifference(kind, offset, ratedNanos, billedNanos));
        }
    }

    private static ControlTotal TotalOf(RatedPosition record) => new()
    {
        Records = 1,
        AmountNanos = record.AmountNanos,
        HashTotal = ControlTotal.HashOf(record.UsageId, record.AmountNanos),
    };
}
