using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// Compares a partition with its lines, both in the order of the offsets, in one pass and in memory that does not grow with the partition.
/// A partition is read for as long as it takes, so no transaction is open meanwhile: in SQLite it would let nothing be billed.
/// </summary>
internal sealed class Reconciler
{
    // A connection answers one question at a time, so lines come in pages: between two of them other questions can be asked.
    private const int LinesPerPage = 4096;

    private const string ChargedByDecision =
        "SELECT count(*) FROM decided_line WHERE decided_line.stream = position.stream AND own_id IS NOT NULL";

    private readonly List<LedgerDifference> _differences = [];
    private readonly Database _database;
    private readonly LedgerMark _mark;
    private readonly AmountTotals _rated = new();
    private readonly AmountTotals _billed = new();
    private readonly AmountTotals _beforeLog = new();
    private long _differenceCount;
    private long _duplicates;
    private long _conflicts;
    private long _discarded;

    private Reconciler(Database database, LedgerMark mark)
    {
        _database = database;
        _mark = mark;
    }

    /// <summary>Position and totals of a partition, by one statement, so that both are of the same moment.</summary>
    public static LedgerMark MarkOf(Database database, string topic, int partition)
    {
        LedgerMark mark = new(topic, partition, 0, new AmountTotals());
        foreach (LedgerMark row in database.Query(
            $"""
            SELECT position.stream, next_offset, {BillingLedger.TotalColumns}, ({ChargedByDecision}), {AmountTerms.Columns}
            FROM position LEFT JOIN control_total ON control_total.stream = position.stream AND outcome = @p2
            WHERE topic = @p0 AND partition = @p1
            """,
            reader =>
            {
                if (!reader.IsDBNull(2))
                {
                    mark.Written.Add(AmountTerms.Read(reader, 8), BillingLedger.ReadTotal(reader, 2));
                }

                return mark with { NextOffset = reader.GetInt64(1), Stream = reader.GetInt64(0), Charged = reader.GetInt64(7) };
            },
            topic,
            (long)partition,
            (long)LedgerOutcome.Rated))
        {
            mark = row;
        }

        return mark;
    }

    /// <summary>Compares.</summary>
    public static Reconciliation Reconcile(
        Database database, LedgerMark mark, IEnumerable<RatedPosition> rated, long? firstOffset)
    {
        Reconciler reconciler = new(database, mark);
        reconciler.Walk(rated.TakeWhile(record => record.Offset < mark.NextOffset), firstOffset);
        reconciler.CompareControlTotals();
        return new Reconciliation(
            mark.Topic, mark.Partition, reconciler._rated, reconciler._billed, reconciler._duplicates, reconciler._differenceCount,
            reconciler._differences)
        {
            BeforeLog = reconciler._beforeLog,
            ConflictCount = reconciler._conflicts,
            Discarded = reconciler._discarded,
        };
    }

    private void Walk(IEnumerable<RatedPosition> rated, long? firstOffset)
    {
        using IEnumerator<RatedPosition> topic = rated.GetEnumerator();
        using IEnumerator<RatedPosition> ledger = Lines().GetEnumerator();
        bool onTopic = topic.MoveNext();
        bool inLedger = ledger.MoveNext();
        long first = firstOffset ?? (onTopic ? topic.Current.Offset : 0);
        while (inLedger && ledger.Current.Offset < first)
        {
            Add(_beforeLog, ledger.Current);
            inLedger = ledger.MoveNext();
        }

        while (onTopic || inLedger)
        {
            int order = !onTopic ? 1 : !inLedger ? -1 : topic.Current.Offset.CompareTo(ledger.Current.Offset);
            if (order <= 0)
            {
                Add(_rated, topic.Current);
            }

            if (order >= 0)
            {
                Add(_billed, ledger.Current);
            }

            if (order < 0)
            {
                NotAtPosition(topic.Current);
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

    private IEnumerable<RatedPosition> Lines()
    {
        long next = 0;
        List<RatedPosition> page;
        do
        {
            page = _database.Query(
                $"""
                SELECT rated_offset, usage_id, amount_nanos, account, event_time, {AmountTerms.Columns} FROM billed_line
                WHERE stream = @p0 AND rated_offset >= @p1 AND rated_offset < @p2 ORDER BY rated_offset LIMIT {LinesPerPage}
                """,
                reader => new RatedPosition(
                    reader.GetInt64(0), UsageId.FromBytes((byte[])reader[1]), reader.GetInt64(2), AmountTerms.Read(reader, 5))
                {
                    Account = reader.GetString(3),
                    EventTimeMilliseconds = reader.GetInt64(4),
                },
                _mark.Stream,
                next,
                _mark.NextOffset);
            foreach (RatedPosition line in page)
            {
                next = line.Offset + 1;
                yield return line;
            }
        }
        while (page.Count == LinesPerPage);
    }

    private void Compare(RatedPosition rated, RatedPosition billed)
    {
        bool isSameId = rated.UsageId == billed.UsageId || DecisionOn(rated) == billed.UsageId;
        if (!isSameId || !rated.IsSameUsageAs(billed))
        {
            Differ(LedgerDifferenceKind.OtherUsage, rated.Offset, rated.AmountNanos, billed.AmountNanos);
        }
        else if (rated.AmountNanos != billed.AmountNanos || !rated.HasTermsOf(billed))
        {
            Differ(LedgerDifferenceKind.OtherAmount, rated.Offset, rated.AmountNanos, billed.AmountNanos);
        }
    }

    /// <summary>
    /// The record was given up, or is billed under another position, or its usage id is in conflict with a line, or it is not billed at
    /// all.
    /// </summary>
    private void NotAtPosition(RatedPosition rated)
    {
        UsageId? decided = DecisionOn(rated);
        if (decided == default(UsageId))
        {
            _discarded++;
            _rated.Subtract(rated.Terms, TotalOf(rated));
            return;
        }

        RatedPosition[] billed =
        [
            .. _database.Query(
                $"SELECT amount_nanos, account, event_time, {AmountTerms.Columns} FROM billed_line WHERE usage_id = @p0",
                reader => new RatedPosition(rated.Offset, rated.UsageId, reader.GetInt64(0), AmountTerms.Read(reader, 3))
                {
                    Account = reader.GetString(1),
                    EventTimeMilliseconds = reader.GetInt64(2),
                },
                (decided ?? rated.UsageId).ToByteArray()),
        ];
        if (billed.Length == 0)
        {
            Differ(LedgerDifferenceKind.NotBilled, rated.Offset, rated.AmountNanos, 0);
        }
        else if (IsKeptAsConflict(rated.Offset) || !rated.IsSameUsageAs(billed[0]))
        {
            _conflicts++;
            Differ(LedgerDifferenceKind.Conflict, rated.Offset, rated.AmountNanos, billed[0].AmountNanos);
        }
        else if (rated.AmountNanos != billed[0].AmountNanos || !rated.HasTermsOf(billed[0]))
        {
            Differ(LedgerDifferenceKind.OtherAmount, rated.Offset, rated.AmountNanos, billed[0].AmountNanos);
        }
        else
        {
            _duplicates++;
            _rated.Subtract(rated.Terms, TotalOf(rated));
        }
    }

    /// <summary>
    /// What somebody decided on the record: the id that it is billed under, or an empty one when it was given up; null when nobody did.
    /// </summary>
    private UsageId? DecisionOn(RatedPosition rated) => _database.Query(
        "SELECT own_id FROM decided_line WHERE stream = @p0 AND rated_offset = @p1 AND usage_id = @p2",
        reader => (UsageId?)BillingLedger.OwnIdIn(reader, 0),
        _mark.Stream,
        rated.Offset,
        rated.UsageId.ToByteArray()).FirstOrDefault();

    private bool IsKeptAsConflict(long offset) => _database.QueryLong(
        "SELECT 1 FROM conflicting_line WHERE stream = @p0 AND rated_offset = @p1", _mark.Stream, offset) is not null;

    private void CompareControlTotals()
    {
        if (_database.QueryLong(
            $"SELECT ({ChargedByDecision}) FROM position WHERE position.stream = @p0", _mark.Stream) is { } charged
            && charged != _mark.Charged)
        {
            // A decision added a line before the mark, and its total, after the mark was taken. The next comparison has both.
            return;
        }

        AmountTotals lines = new();
        lines.Add(_billed);
        lines.Add(_beforeLog);
        foreach (AmountTerms terms in lines.Terms.Union(_mark.Written.Terms))
        {
            (ControlTotal written, ControlTotal counted) = (_mark.Written[terms], lines[terms]);
            if ((written.Records, written.AmountNanos, written.HashTotal) != (counted.Records, counted.AmountNanos, counted.HashTotal))
            {
                Differ(LedgerDifferenceKind.ControlTotal, -1, written.AmountNanos, counted.AmountNanos);
            }
        }
    }

    private void Differ(LedgerDifferenceKind kind, long offset, Int128 ratedNanos, Int128 billedNanos)
    {
        _differenceCount++;
        if (_differences.Count < Reconciliation.MaxDifferences)
        {
            _differences.Add(new LedgerDifference(kind, offset, ratedNanos, billedNanos));
        }
    }

    private static void Add(AmountTotals totals, RatedPosition record) => totals.Add(record.Terms, TotalOf(record));

    private static ControlTotal TotalOf(RatedPosition record) => new()
    {
        Records = 1,
        AmountNanos = record.AmountNanos,
        HashTotal = ControlTotal.HashOf(record.UsageId, record.AmountNanos),
    };
}
