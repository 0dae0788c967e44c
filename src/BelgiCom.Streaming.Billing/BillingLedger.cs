using System.Data.Common;
using System.Globalization;
using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The billing ledger: one line per rated usage event, control totals of everything that was read, and the position up to which each
/// partition was read. One database transaction writes all three. Because the position is kept here, the ledger recognises by its offset a
/// record that Kafka delivers again (after kill -9, a lost commit, a zombie that wakes up). Because the usage id is a unique key, it also
/// recognises one that comes under another offset.
/// </summary>
/// <remarks>
/// One thread at a time. After a <see cref="StorageException"/> the same call can be made again: the connection is opened anew.
/// </remarks>
public sealed class BillingLedger : IDisposable
{
    private const int PartsPerInsert = 100;

    private readonly BillingOptions _options;
    private readonly TimeProvider _clock;
    private readonly Dictionary<LedgerStream, long> _streamIds = [];
    private readonly Dictionary<SourceFile, long> _fileIds = [];
    private readonly Dictionary<ControlTotalKey, ControlTotal> _runTotals = [];
    private LedgerDialect? _dialect;
    private long _run;

    private BillingLedger(BillingOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
    }

    /// <summary>Where the ledger is: the SQLite file or <c>postgresql://host:port/database</c>; never a password.</summary>
    public string Location => Database.Location;

    internal Database Database => Dialect.Database;

    private LedgerDialect Dialect => _dialect ??= OpenDatabase();

    /// <summary>Opens the ledger that the options name and brings its tables to this release.</summary>
    /// <exception cref="StorageException">It cannot be opened, or a newer release wrote it.</exception>
    public static BillingLedger Open(BillingOptions options, TimeProvider clock)
    {
        BillingLedger ledger = new(options, clock);
        _ = ledger.Dialect;
        return ledger;
    }

    /// <summary>Offset at which reading of the partition goes on; null when the ledger has never seen the partition.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public long? NextOffset(string topic, int partition) => Guarded(() =>
        Database.QueryLong(
            "SELECT next_offset FROM position WHERE topic = @p0 AND partition = @p1 AND next_offset > 0", topic, (long)partition));

    /// <summary>
    /// Offset at which reading goes on in a partition of the topic with this id; null when the ledger has never seen that topic. A topic
    /// that was deleted and made anew has another id: its offsets start again, and the old ones mean nothing in it. The position of the
    /// topic before it is then kept under the name <c>TOPIC#ID</c>, because lines refer to it.
    /// </summary>
    /// <param name="topic">Topic of the partition.</param>
    /// <param name="partition">Partition.</param>
    /// <param name="topicId">Id that the brokers gave to the topic; empty when they give none, and nothing is compared then.</param>
    /// <param name="end">Present end of the partition. A position of an earlier release has no id; beyond the end, it belongs to a topic
    /// that is gone.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public long? NextOffset(string topic, int partition, string topicId, long end)
    {
        if (topicId.Length == 0)
        {
            return NextOffset(topic, partition);
        }

        int madeAnew = Guarded(() => Database.InTransaction(() =>
        {
            int renamed = Database.Execute(
                """
                UPDATE position SET topic = topic || '#' || topic_id
                WHERE topic = @p0 AND partition = @p1 AND topic_id <> @p2 AND (topic_id <> '' OR next_offset > @p3)
                """,
                topic, (long)partition, topicId, end);
            Database.Execute(
                "INSERT INTO position (topic, partition, next_offset, topic_id) VALUES (@p0, @p1, 0, @p2) "
                + "ON CONFLICT (topic, partition) DO UPDATE SET topic_id = excluded.topic_id",
                topic, (long)partition, topicId);
            return renamed;
        }));
        if (madeAnew > 0)
        {
            // The totals of this run belong to the old topic.
            CloseDatabase();
        }

        return NextOffset(topic, partition);
    }

    /// <summary>What is billed under an id; null when nothing is.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public BilledUsage? Find(UsageId usageId) => Guarded(() => Database.Query(
        """
        SELECT account, offering, offering_version, kind, CAST(event_time_utc AS TEXT), charged_units, bundle_units, CAST(amount AS TEXT),
               currency, price_basis, source, file_name, record_index, received_partition, received_offset
        FROM billed_usage WHERE usage_id = @p0
        """,
        reader => new BilledUsage(
            reader.GetString(0),
            reader.GetString(1),
            reader.GetInt64(2),
            reader.GetString(3),
            reader.GetString(4),
            reader.GetInt64(5),
            reader.GetInt64(6),
            decimal.Parse(reader.GetString(7), CultureInfo.InvariantCulture),
            reader.GetString(8),
            reader.GetString(9),
            reader.GetString(10),
            reader.GetString(11),
            reader.GetInt64(12),
            ((int)reader.GetInt64(13), reader.GetInt64(14))),
        usageId.ToByteArray()).FirstOrDefault());

    /// <summary>The line under which a usage event is billed; null when none is.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public LedgerPlace? FindLine(UsageId usageId) => Guarded(() => Database.Query(
        """
        SELECT p.topic, p.partition, l.rated_offset, l.received_partition, l.received_offset, l.bill_close
        FROM billed_line l JOIN position p ON p.stream = l.stream WHERE l.usage_id = @p0
        """,
        reader => new LedgerPlace(
            reader.GetString(0),
            (int)reader.GetInt64(1),
            reader.GetInt64(2),
            ((int)reader.GetInt64(3), reader.GetInt64(4)),
            reader.IsDBNull(5) ? null : reader.GetInt64(5)),
        usageId.ToByteArray()).FirstOrDefault());

    /// <summary>The lines that corrected a usage event, in the order in which they were made; none where nothing was corrected.</summary>
    /// <param name="id">Id of the usage, or of one of these lines.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public IReadOnlyList<LedgerCorrection> Corrections(UsageId id) => Guarded(() => CorrectionTable.Read(Database, id));

    /// <summary>
    /// The usage on usage.rated.v1 whose id is billed with other content, in the order of the positions, as far as nobody decided on it.
    /// </summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public IReadOnlyList<LedgerConflict> Conflicts() => Guarded(() => Database.Query(
        """
        SELECT c.usage_id, p.partition, c.rated_offset, c.event_time, f.source, f.file_name, c.received_partition, c.received_offset,
               l.received_partition, l.received_offset, CASE WHEN c.account = l.account THEN 0 ELSE 1 END
        FROM conflicting_line c JOIN position p ON p.stream = c.stream JOIN source_file f ON f.source_file = c.source_file
             JOIN billed_line l ON l.usage_id = c.usage_id
             LEFT JOIN decided_line d ON d.stream = c.stream AND d.rated_offset = c.rated_offset
        WHERE p.topic = @p0 AND d.stream IS NULL ORDER BY p.partition, c.rated_offset
        """,
        reader => new LedgerConflict(
            UsageId.FromBytes((byte[])reader[0]),
            (int)reader.GetInt64(1),
            reader.GetInt64(2),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)),
            reader.GetString(4),
            reader.GetString(5),
            ((int)reader.GetInt64(6), reader.GetInt64(7)),
            ((int)reader.GetInt64(8), reader.GetInt64(9)),
            Convert.ToInt64(reader[10], CultureInfo.InvariantCulture) != 0),
        Topics.UsageRated));

    /// <summary>
    /// Notes a decision before the record that it is about is read: else a ledger that is built anew could bill the usage that somebody
    /// gave up, because partitions are read in any order. It changes nothing when the record was read.
    /// </summary>
    /// <param name="topic">Topic of the rated record.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="usageId">Its usage id.</param>
    /// <param name="ownId">The id that it is billed under; empty when it was given up.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public void NoteAhead(string topic, int partition, long offset, UsageId usageId, UsageId ownId) => Guarded(() =>
        Database.InTransaction(() =>
        {
            long stream = StreamIdOf(new LedgerStream(topic, partition));
            if ((Database.QueryLong($"SELECT next_offset FROM position WHERE stream = @p0 {Dialect.ForUpdate}", stream) ?? 0) <= offset)
            {
                Note(stream, offset, usageId, ownId);
            }

            return true;
        }));

    /// <summary>The notifications that were sent, in the order of their broker times.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="most">Most to return; at least 1.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public IReadOnlyList<NotificationRecord> Notifications(NotificationFilter filter, int most) =>
        Guarded(() => NotificationTable.Read(Database, filter, most));

    /// <summary>Everything the ledger holds, over all runs.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public LedgerTotals Totals() => Guarded(() =>
    {
        Dictionary<(LedgerOutcome, AmountTerms), ControlTotal> totals = new();
        foreach ((LedgerOutcome Outcome, AmountTerms Terms, ControlTotal Total) row in Database.Query(
            $"SELECT outcome, {AmountTerms.Columns}, {TotalColumns} FROM control_total",
            reader => ((LedgerOutcome)reader.GetInt64(0), AmountTerms.Read(reader, 1), ReadTotal(reader, 4))))
        {
            ref ControlTotal total = ref CollectionsMarshal.GetValueRefOrAddDefault(totals, (row.Outcome, row.Terms), out _);
            total += row.Total;
        }

        return new LedgerTotals(totals);
    });

    /// <summary>
    /// Bills all usage of the month, and of earlier months, that no close has taken yet. Usage that comes later is taken by the next close.
    /// </summary>
    /// <param name="period">Billing month as year × 100 + month.</param>
    /// <exception cref="StorageException">The database does not answer; nothing was closed.</exception>
    public BillClose Close(int period) => Guarded(
        () => Database.InTransaction(() => new BillCloser(Dialect, period, _clock.GetUtcNow()).Close(terms: null)));

    /// <summary>
    /// Closes a month: bills its usage as <see cref="Close(int)"/> does, and its fees, discounts and commitments; of all of them only what
    /// earlier closes did not bill. It is closed whole or not at all.
    /// </summary>
    /// <param name="period">Billing month as year × 100 + month.</param>
    /// <param name="terms">What it is closed by.</param>
    /// <exception cref="BillRefusedException">The month is not over, or the terms needed are not there. Nothing was closed.</exception>
    /// <exception cref="StorageException">The database does not answer; nothing was closed.</exception>
    public BillClose Close(int period, ClosingTerms terms)
    {
        DateOnly next = BillingPeriod.FirstDay(period).AddMonths(1);
        return _clock.GetUtcNow() < BelgianCalendar.StartOfDay(next)
            ? throw new BillRefusedException(
                [$"Month {period} is not over before {next:yyyy-MM-dd}, 00:00 in Brussels: close it then, or see it now with a dry run."])
            : Guarded(() => Database.InTransaction(() => new BillCloser(Dialect, period, _clock.GetUtcNow()).Close(terms)));
    }

    /// <summary>The bills that closing a month would make now. Nothing is kept of it, and the month need not be over.</summary>
    /// <param name="period">Billing month as year × 100 + month.</param>
    /// <param name="terms">What it would be closed by.</param>
    /// <exception cref="BillRefusedException">The terms needed are not there.</exception>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public (BillClose Close, IReadOnlyList<Bill> Bills) TryClose(int period, ClosingTerms terms) => Guarded(() => Database.InTransaction(
        () =>
        {
            BillClose close = new BillCloser(Dialect, period, _clock.GetUtcNow()).Close(terms);
            return (close, Bill.Of(BillCloser.Lines(Database, close.Number)));
        },
        keep: false));

    /// <summary>The newest close; null when there is none.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public long? NewestClose() => Guarded(() => Database.QueryLong("SELECT max(bill_close) FROM bill_close"));

    /// <summary>The bill lines of one close, ordered by account.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public IReadOnlyList<BillLine> BillLines(long close) => Guarded(() => BillCloser.Lines(Database, close));

    /// <summary>The bills of one close, with their VAT, ordered by account and currency.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public IReadOnlyList<Bill> Bills(long close) => Bill.Of(BillLines(close));

    /// <summary>How far the ledger is in a partition now, and what it has billed until there.</summary>
    /// <param name="topic">Topic of the partition.</param>
    /// <param name="partition">Partition.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public LedgerMark MarkOf(string topic, int partition) => Guarded(() => Reconciler.MarkOf(Database, topic, partition));

    /// <summary>
    /// Compares one partition of usage.rated.v1 with the ledger, position by position. Rated and billed must agree in count, amount and
    /// hash total; the result names the records that differ. However long that takes, the ledger takes batches meanwhile: only short
    /// questions are asked, none of them in a transaction.
    /// </summary>
    /// <param name="mark">How far to compare, from <see cref="MarkOf"/>. The end of the topic is to be read after it, else the ledger may
    /// be ahead of the topic.</param>
    /// <param name="rated">The records with outcome rated that are on the topic, in the order of their offsets.</param>
    /// <param name="firstOffset">First offset that the topic still has; lines before it have no record to compare with. Null for the offset
    /// of the first of <paramref name="rated"/>.</param>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public Reconciliation Reconcile(LedgerMark mark, IEnumerable<RatedPosition> rated, long? firstOffset = null) =>
        Guarded(() => Reconciler.Reconcile(Database, mark, rated, firstOffset));

    /// <summary>
    /// Takes a batch in, in one transaction. A record before the partition's position is skipped, because the ledger has it already.
    /// </summary>
    /// <exception cref="StorageException">The ledger kept nothing of the batch; try it again.</exception>
    public LedgerBatchResult Apply(LedgerBatch batch) => Guarded(() => ApplyInTransaction(batch));

    /// <inheritdoc/>
    public void Dispose() => CloseDatabase();

    private LedgerBatchResult ApplyInTransaction(LedgerBatch batch)
    {
        LedgerDialect dialect = Dialect;
        long[] streamIds = StreamIds(batch);
        long[] fileIds = FileIds(batch);
        if (_run == 0)
        {
            _run = Database.QueryLong(
                "INSERT INTO run (started_at) VALUES (@p0) RETURNING run", _clock.GetUtcNow().ToUnixTimeMilliseconds())!.Value;
        }

        List<int> fresh = new(batch.Count);
        Dictionary<ControlTotalKey, ControlTotal> changed = [];
        Database.InTransaction(() =>
        {
            long[] nextOffsets = LockPositions(streamIds);
            long[] readFrom = [.. nextOffsets];
            List<int> rated = new(batch.Count);
            Decide(batch, rated, streamIds, nextOffsets);
            fresh.AddRange(rated);
            Dictionary<(long Stream, long Offset), (UsageId UsageId, UsageId OwnId)> decided = DecidedAhead();
            for (int row = 0; row < batch.Lines.Length; row++)
            {
                ref LedgerLine line = ref batch.Lines[row];
                if (line.IsOfDecision || line.Offset < nextOffsets[line.Stream])
                {
                    continue;
                }

                fresh.Add(row);
                nextOffsets[line.Stream] = line.Offset + 1;
                if (line.Outcome == LedgerOutcome.Rated && decided.Count > 0)
                {
                    Follow(ref line, decided.GetValueOrDefault((streamIds[line.Stream], line.Offset)));
                }

                if (line.Outcome == LedgerOutcome.Rated)
                {
                    rated.Add(row);
                }
            }

            foreach ((int stream, NotificationRecord record) in batch.Notifications.Where(
                notification => notification.Record.Offset >= readFrom[notification.Stream]))
            {
                NotificationTable.Insert(Database, streamIds[stream], record);
                nextOffsets[stream] = Math.Max(nextOffsets[stream], record.Offset + 1);
            }

            foreach ((int stream, long end) in batch.Ends)
            {
                nextOffsets[stream] = Math.Max(nextOffsets[stream], end);
            }

            dialect.InsertLines(batch, CollectionsMarshal.AsSpan(rated), streamIds, fileIds);
            InsertParts(batch, rated, streamIds);
            CorrectionTable.Insert(Database, batch, fresh, streamIds);
            changed = Changes(batch, fresh);
            WriteTotals(batch, streamIds, changed);
            for (int i = 0; i < streamIds.Length; i++)
            {
                Database.Execute("UPDATE position SET next_offset = @p0 WHERE stream = @p1", nextOffsets[i], streamIds[i]);
            }
        });
        return Committed(batch, fresh, changed);
    }

    /// <summary>Writes what each price charged of the lines that were written and have several.</summary>
    private void InsertParts(LedgerBatch batch, List<int> rated, long[] streamIds)
    {
        if (batch.Parts.Count == 0)
        {
            return;
        }

        HashSet<int> written = [.. rated];
        foreach (LedgerPart[] parts in batch.Parts
            .Where(part => written.Contains(part.Line) && batch.Lines[part.Line].Outcome == LedgerOutcome.Rated).Chunk(PartsPerInsert))
        {
            string rows = string.Join(
                ", ", parts.Select((_, part) => $"({string.Join(", ", Enumerable.Range(part * 7, 7).Select(value => $"@p{value}"))})"));
            Database.Execute(
                "INSERT INTO billed_part (stream, rated_offset, offering, offering_version, price_index, priced_units, amount_nanos) "
                    + "VALUES " + rows,
                [
                    .. parts.SelectMany(part => new object?[]
                    {
                        streamIds[batch.Lines[part.Line].Stream], batch.Lines[part.Line].Offset, part.Offering, (long)part.Version,
                        (long)part.PriceIndex, part.PricedUnits, part.AmountNanos,
                    }),
                ]);
        }
    }

    /// <summary>The decisions on records that were not read yet: a ledger that is built anew meets the decisions first.</summary>
    private Dictionary<(long Stream, long Offset), (UsageId UsageId, UsageId OwnId)> DecidedAhead() => Database.Query(
        "SELECT d.stream, d.rated_offset, d.usage_id, d.own_id FROM decided_line d JOIN position p ON p.stream = d.stream "
        + "WHERE d.rated_offset >= p.next_offset",
        reader => ((reader.GetInt64(0), reader.GetInt64(1)), (UsageId.FromBytes((byte[])reader[2]), OwnIdIn(reader, 3)))).ToDictionary();

    /// <summary>Bills a record under its own id, or sets it aside, when somebody decided so.</summary>
    private static void Follow(ref LedgerLine line, (UsageId UsageId, UsageId OwnId) decided)
    {
        if (line.UsageId != decided.UsageId)
        {
            return;
        }

        if (decided.OwnId == default)
        {
            line.Outcome = LedgerOutcome.LedgerConflict;
        }
        else
        {
            line.UsageId = decided.OwnId;
        }
    }

    /// <summary>
    /// Notes the decisions of the batch. Usage that was read and set aside before joins the lines to write when it is charged; usage that
    /// is still to be read follows its decision then. What is billed at the position already stays as it is.
    /// </summary>
    private void Decide(LedgerBatch batch, List<int> rated, long[] streamIds, long[] nextOffsets)
    {
        foreach (LedgerDecision decision in batch.Decisions)
        {
            long stream = streamIds[decision.Stream];
            LedgerLine own = batch.Lines[decision.Row];
            if (own.Offset < nextOffsets[own.Stream]
                || Database.QueryLong(
                    "SELECT 1 FROM billed_line WHERE stream = @p0 AND rated_offset = @p1", stream, decision.Offset) is not null
                || rated.Any(row => batch.Lines[row].Stream == decision.Stream && batch.Lines[row].Offset == decision.Offset))
            {
                continue;
            }

            Note(stream, decision.Offset, decision.UsageId, decision.OwnId);
            if (decision.IsCharge && decision.Offset < nextOffsets[decision.Stream])
            {
                Database.Execute("DELETE FROM conflicting_line WHERE stream = @p0 AND rated_offset = @p1", stream, decision.Offset);
                rated.Add(decision.Line);
            }
        }
    }

    private void Note(long stream, long offset, UsageId usageId, UsageId ownId) => Database.Execute(
        """
        INSERT INTO decided_line (stream, rated_offset, usage_id, own_id) VALUES (@p0, @p1, @p2, @p3)
        ON CONFLICT (stream, rated_offset) DO UPDATE SET own_id = excluded.own_id
        """,
        stream, offset, usageId.ToByteArray(), ownId == default ? DBNull.Value : ownId.ToByteArray());

    internal static UsageId OwnIdIn(DbDataReader reader, int column) =>
        reader.IsDBNull(column) ? default : UsageId.FromBytes((byte[])reader[column]);

    /// <summary>The changes that the batch makes to the totals of this run.</summary>
    private static Dictionary<ControlTotalKey, ControlTotal> Changes(LedgerBatch batch, List<int> fresh)
    {
        Dictionary<ControlTotalKey, ControlTotal> changes = new();
        string currency = "";
        foreach (int row in fresh)
        {
            ref readonly LedgerLine line = ref batch.Lines[row];
            if (!System.Text.Ascii.Equals(batch.Text(line.Currency), currency))
            {
                currency = batch.String(line.Currency);
            }

            ControlTotalKey key = new(
                batch.Streams[line.Stream], BillingPeriod.DayOf(line.EventTimeMilliseconds), line.Outcome,
                new AmountTerms(currency, line.PriceBasis, line.VatPermille));
            ref ControlTotal total = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, key, out _);
            total += ControlTotal.Of(line);
        }

        return changes;
    }

    /// <summary>
    /// Totals are kept per run, and a run has one writer, so this writes whole values: nothing is read back, and no arithmetic is left to
    /// SQL, where databases differ.
    /// </summary>
    private void WriteTotals(LedgerBatch batch, long[] streamIds, Dictionary<ControlTotalKey, ControlTotal> changes)
    {
        foreach ((ControlTotalKey key, ControlTotal change) in changes)
        {
            ControlTotal total = _runTotals.GetValueOrDefault(key) + change;
            long streamId = streamIds[IndexOf(batch.Streams, key.Stream)];
            Database.Execute(
                $"""
                INSERT INTO control_total (
                    run, day, stream, outcome, currency, price_basis, vat_permille, records, octets, seconds, amount_nanos, hash_total)
                VALUES (@p0, @p1, @p2, @p3, @p4, @p10, @p11, @p5, CAST(@p6 AS {Dialect.Words.Sum}), CAST(@p7 AS {Dialect.Words.Sum}),
                        CAST(@p8 AS {Dialect.Words.Sum}), @p9)
                ON CONFLICT (run, day, stream, outcome, currency, price_basis, vat_permille) DO UPDATE SET
                    records = excluded.records, octets = excluded.octets, seconds = excluded.seconds,
                    amount_nanos = excluded.amount_nanos, hash_total = excluded.hash_total
                """,
                _run,
                (long)key.Day,
                streamId,
                (long)key.Outcome,
                key.Terms.Currency,
                total.Records,
                total.Octets.ToString(CultureInfo.InvariantCulture),
                total.Seconds.ToString(CultureInfo.InvariantCulture),
                total.AmountNanos.ToString(CultureInfo.InvariantCulture),
                unchecked((long)total.HashTotal),
                (long)key.Terms.Basis,
                (long)key.Terms.VatPermille);
        }
    }

    private LedgerBatchResult Committed(LedgerBatch batch, List<int> fresh, Dictionary<ControlTotalKey, ControlTotal> changes)
    {
        long[] counts = new long[Enum.GetValues<LedgerOutcome>().Length];
        foreach ((ControlTotalKey key, ControlTotal change) in changes)
        {
            ref ControlTotal total = ref CollectionsMarshal.GetValueRefOrAddDefault(_runTotals, key, out _);
            total += change;
            counts[(int)key.Outcome] += change.Records;
        }

        return new LedgerBatchResult(counts, batch.Count - fresh.Count(row => !batch.Lines[row].IsOfDecision));
    }

    /// <summary>
    /// Locks the positions in the order of their numbers, so that two writers with several partitions each cannot wait for each other in a
    /// circle.
    /// </summary>
    private long[] LockPositions(long[] streamIds)
    {
        long[] nextOffsets = new long[streamIds.Length];
        foreach (int i in Enumerable.Range(0, streamIds.Length).OrderBy(i => streamIds[i]))
        {
            nextOffsets[i] = Database.QueryLong(
                $"SELECT next_offset FROM position WHERE stream = @p0 {Dialect.ForUpdate}", streamIds[i])!.Value;
        }

        return nextOffsets;
    }

    private long[] StreamIds(LedgerBatch batch)
    {
        long[] ids = new long[batch.Streams.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = StreamIdOf(batch.Streams[i]);
        }

        return ids;
    }

    private long StreamIdOf(LedgerStream stream)
    {
        if (!_streamIds.TryGetValue(stream, out long id))
        {
            Database.Execute(
                "INSERT INTO position (topic, partition, next_offset) VALUES (@p0, @p1, 0) ON CONFLICT (topic, partition) DO NOTHING",
                stream.Topic,
                (long)stream.Partition);
            id = Database.QueryLong(
                "SELECT stream FROM position WHERE topic = @p0 AND partition = @p1", stream.Topic, (long)stream.Partition)!.Value;
            _streamIds[stream] = id;
        }

        return id;
    }

    /// <summary>
    /// Runs before and outside the batch's transaction, so that two writers that meet the same new file cannot block each other. A row that
    /// no line needs in the end does no harm.
    /// </summary>
    private long[] FileIds(LedgerBatch batch)
    {
        long[] ids = new long[batch.Files.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            SourceFile file = batch.Files[i];
            if (_fileIds.TryGetValue(file, out ids[i]))
            {
                continue;
            }

            byte[] fileId = file.FileId.ToByteArray();
            Database.Execute(
                """
                INSERT INTO source_file (file_id, source, node, file_name, file_sequence_number) VALUES (@p0, @p1, @p2, @p3, @p4)
                ON CONFLICT (file_id, source, node) DO NOTHING
                """,
                fileId,
                file.Source,
                file.Node,
                file.Name,
                file.SequenceNumber);
            ids[i] = Database.QueryLong(
                "SELECT source_file FROM source_file WHERE file_id = @p0 AND source = @p1 AND node = @p2", fileId, file.Source, file.Node)!
                .Value;
            if (_fileIds.Count >= _options.MaxCachedFiles)
            {
                _fileIds.Clear();
            }

            _fileIds[file] = ids[i];
        }

        return ids;
    }

    private static int IndexOf(IReadOnlyList<LedgerStream> streams, LedgerStream stream)
    {
        int index = 0;
        while (streams[index] != stream)
        {
            index++;
        }

        return index;
    }

    /// <summary>
    /// Columns of control_total for <see cref="ReadTotal"/>. Sums are read as text, in which both databases give all digits.
    /// </summary>
    internal const string TotalColumns =
        "records, CAST(octets AS TEXT), CAST(seconds AS TEXT), CAST(amount_nanos AS TEXT), hash_total";

    internal static ControlTotal ReadTotal(DbDataReader reader, int column) => new()
    {
        Records = reader.GetInt64(column),
        Octets = ReadSum(reader, column + 1),
        Seconds = ReadSum(reader, column + 2),
        AmountNanos = ReadSum(reader, column + 3),
        HashTotal = unchecked((ulong)reader.GetInt64(column + 4)),
    };

    internal static Int128 ReadSum(DbDataReader reader, int column) =>
        Int128.Parse(reader.GetString(column), CultureInfo.InvariantCulture);

    private LedgerDialect OpenDatabase()
    {
        LedgerDialect dialect = LedgerDialect.Open(_options);
        dialect.Database.Migrate(LedgerSchema.Migrations(dialect.Words), _clock.GetUtcNow());
        return dialect;
    }

    /// <summary>
    /// Closes the connection and forgets this run: after a commit whose outcome is not known, the totals in memory may differ from those in
    /// the database. A new run starts from nothing.
    /// </summary>
    private void CloseDatabase()
    {
        _dialect?.Dispose();
        _dialect = null;
        _runTotals.Clear();
        _streamIds.Clear();
        _fileIds.Clear();
        _run = 0;
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (StorageException)
        {
            CloseDatabase();
            throw;
        }
    }
}

/// <summary>The changes that a batch made to the ledger.</summary>
/// <param name="Counts">Usage events per <see cref="LedgerOutcome"/>.</param>
/// <param name="Redelivered">Records that were skipped because they lie before the partition's position.</param>
public sealed record LedgerBatchResult(long[] Counts, int Redelivered);
