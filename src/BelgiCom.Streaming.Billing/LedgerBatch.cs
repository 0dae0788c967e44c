using System.Runtime.InteropServices;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The decoded usage events of one database transaction. It is used again for each batch: its buffers grow to the largest batch and stay,
/// so the limit on a batch (<see cref="BillingOptions.MaxRecordsPerTransaction"/>) limits the memory.
/// </summary>
public sealed class LedgerBatch
{
    /// <summary>Stands in the ledger where a text of the usage has the character NUL.</summary>
    public const char Substitute = '\u001A';

    private readonly List<LedgerLine> _lines = [];
    private readonly List<LedgerStream> _streams = [];
    private readonly List<SourceFile> _files = [];
    private readonly Dictionary<int, long> _ends = [];
    private readonly List<LedgerDecision> _decisions = [];
    private readonly List<LedgerPart> _parts = [];
    private readonly List<LedgerCorrected> _corrections = [];
    private readonly List<(int Stream, NotificationRecord Record)> _notifications = [];
    private byte[] _text = new byte[64 * 1024];
    private int _textLength;

    /// <summary>Usage events in the order they were added, and the lines that decisions charge.</summary>
    internal Span<LedgerLine> Lines => CollectionsMarshal.AsSpan(_lines);

    /// <summary>Number of usage events.</summary>
    public int Count => _lines.Count - _decisions.Count(decision => decision.IsCharge);

    /// <summary>What people decided on rated usage that is in conflict with a line.</summary>
    internal IReadOnlyList<LedgerDecision> Decisions => _decisions;

    /// <summary>What each price charged of the usage events that have several, in the order of the lines.</summary>
    internal IReadOnlyList<LedgerPart> Parts => _parts;

    /// <summary>Which of the lines correct usage.</summary>
    internal IReadOnlyList<LedgerCorrected> Corrections => _corrections;

    /// <summary>Notifications in the order they were added, with the index of their partition in <see cref="Streams"/>.</summary>
    internal IReadOnlyList<(int Stream, NotificationRecord Record)> Notifications => _notifications;

    /// <summary>Partitions the lines come from.</summary>
    internal IReadOnlyList<LedgerStream> Streams => _streams;

    /// <summary>Source files the rated lines come from.</summary>
    internal IReadOnlyList<SourceFile> Files => _files;

    /// <summary>The octets of a text of this batch, UTF-8.</summary>
    internal ReadOnlySpan<byte> Text(TextSlice slice) => _text.AsSpan(slice.Start, slice.Length);

    /// <summary>A text of this batch.</summary>
    internal string String(TextSlice slice) => Encoding.UTF8.GetString(Text(slice));

    /// <summary>How far a partition was read where that is behind its last record, by index in <see cref="Streams"/>.</summary>
    internal IReadOnlyDictionary<int, long> Ends => _ends;

    /// <summary>Empties the batch; keeps its buffers.</summary>
    public void Clear()
    {
        _lines.Clear();
        _streams.Clear();
        _files.Clear();
        _ends.Clear();
        _decisions.Clear();
        _parts.Clear();
        _corrections.Clear();
        _notifications.Clear();
        _textLength = 0;
    }

    /// <summary>Adds a record of usage.rated.v1.</summary>
    public void AddRated(string topic, int partition, long offset, scoped in UsageRatedView usage)
    {
        bool zeroRated = usage.Outcome == RatedOutcome.ZeroRated;
        int priceIndex = AddParts(usage);
        if (usage.HasCorrection)
        {
            _corrections.Add(new LedgerCorrected(
                _lines.Count, usage.Correction.UsageId, usage.Correction.IsReversal, usage.Correction.Reason,
                usage.Correction.DecidedAtMilliseconds, Add(usage.Correction.DecidedBy), Add(usage.Correction.Because)));
        }

        _lines.Add(new LedgerLine
        {
            Stream = StreamIndex(topic, partition),
            Offset = offset,
            Outcome = zeroRated ? LedgerOutcome.ZeroRated : LedgerOutcome.Rated,
            UsageId = usage.UsageId,
            EventTimeMilliseconds = usage.EventTimeMilliseconds,
            DurationSeconds = Math.Max(0, usage.DurationSeconds),
            TotalOctets = Math.Max(0, usage.TotalOctets),
            Messages = Math.Max(0, usage.Messages),
            AmountNanos = usage.AmountNanos,
            PriceBasis = usage.PriceBasis,
            VatPermille = usage.VatPermille,
            PriceIndex = priceIndex,
            Currency = Add(usage.Currency),
            Account = Add(usage.Account),
            Offering = Add(usage.Offering),
            OfferingVersion = usage.OfferingVersion,
            Kind = usage.Kind,
            ChargedUnits = usage.ChargedUnits,
            BundleUnits = usage.BundleUnits,
            Period = BillingPeriod.OfDay(usage.PeriodStartDays),
            RoundingPolicy = usage.RoundingPolicy,
            ReceivedPartition = usage.ReceivedPartition,
            ReceivedOffset = usage.ReceivedOffset,
            File = zeroRated ? -1 : FileIndex(usage),
            RecordIndex = usage.RecordIndex,
            ContainerIndex = usage.ContainerIndex,
            ContentFingerprint = usage.ContentFingerprint,
        });
    }

    /// <summary>Adds a record of usage.rejected.v1.</summary>
    public void AddRejected(string topic, int partition, long offset, scoped in UsageRejectedView usage) =>
        _lines.Add(new LedgerLine
        {
            Stream = StreamIndex(topic, partition),
            Offset = offset,
            Outcome = usage.Outcome switch
            {
                RejectedOutcome.Duplicate => LedgerOutcome.Duplicate,
                RejectedOutcome.Late => LedgerOutcome.Late,
                RejectedOutcome.Suspended => LedgerOutcome.Suspended,
                RejectedOutcome.Conflict => LedgerOutcome.Conflict,
                RejectedOutcome.Recycled => LedgerOutcome.Recycled,
                RejectedOutcome.Discarded => LedgerOutcome.Discarded,
                _ => LedgerOutcome.Rejected,
            },
            UsageId = usage.UsageId,
            EventTimeMilliseconds = usage.EventTimeMilliseconds,
            VatPermille = AmountTerms.UnknownVat,
            File = -1,
        });

    /// <summary>Adds a record of usage.rejected.v1 that gives up rated usage which is in conflict with a line.</summary>
    public void AddDiscarded(string topic, int partition, long offset, scoped in UsageRejectedView decision)
    {
        AddRejected(topic, partition, offset, decision);
        int stream = StreamIndex(Encoding.UTF8.GetString(decision.ReceivedTopic), decision.ReceivedPartition);
        _decisions.Add(new LedgerDecision(_lines.Count - 1, stream, decision.ReceivedOffset, decision.UsageId, default, Line: -1));
    }

    /// <summary>
    /// Adds a record of usage.rejected.v1 that charges rated usage which is in conflict with a line, under the id that the record gives it.
    /// </summary>
    /// <param name="topic">Topic of the decision.</param>
    /// <param name="partition">Its partition.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="decision">The decision; its position is that of the rated record.</param>
    /// <param name="usage">The rated record.</param>
    public void AddCharged(
        string topic, int partition, long offset, scoped in UsageRejectedView decision, scoped in UsageRatedView usage)
    {
        AddRejected(topic, partition, offset, decision);
        int own = _lines.Count - 1;
        string ratedTopic = Encoding.UTF8.GetString(decision.ReceivedTopic);
        AddRated(ratedTopic, decision.ReceivedPartition, decision.ReceivedOffset, usage);
        ref LedgerLine line = ref Lines[^1];
        _decisions.Add(new LedgerDecision(own, line.Stream, line.Offset, line.UsageId, decision.UsageId, own + 1));
        line.UsageId = decision.UsageId;
        line.IsOfDecision = true;
    }

    /// <summary>Adds a record of customer.notifications.v1.</summary>
    public void AddNotification(NotificationRecord record) =>
        _notifications.Add((StreamIndex(record.Topic, record.Partition), record));

    /// <summary>
    /// Adds a record that could not be read and is kept on a dead letter topic, so that the position passes it. Its time is that of its
    /// arrival, because no other is known.
    /// </summary>
    public void AddDeadLettered(string topic, int partition, long offset, long arrivalMilliseconds) =>
        _lines.Add(new LedgerLine
        {
            Stream = StreamIndex(topic, partition),
            Offset = offset,
            Outcome = LedgerOutcome.DeadLettered,
            EventTimeMilliseconds = Math.Max(0, arrivalMilliseconds),
            VatPermille = AmountTerms.UnknownVat,
            File = -1,
        });

    /// <summary>
    /// Notes that there is no record between the last one and <paramref name="next"/>, only transaction markers. The position then keeps up
    /// with the log's end, and retention, which removes the markers too, does not look like a loss.
    /// </summary>
    public void AddEnd(string topic, int partition, long next) => _ends[StreamIndex(topic, partition)] = next;

    /// <summary>
    /// Adds what each price charged, where an event has parts of several prices or of a price of another version. Months have minima,
    /// maxima and discounts of single prices.
    /// </summary>
    /// <returns>The index of the event's one price, or <see cref="LedgerPart.Several"/>.</returns>
    private int AddParts(scoped in UsageRatedView usage)
    {
        int first = _parts.Count;
        foreach (UsagePartView part in new AvroItems<UsagePartView>(usage.PartsOctets))
        {
            bool hasUnits = part.Component is PartComponent.Usage or PartComponent.Reversal;
            if (!hasUnits && part.AmountNanos == 0)
            {
                continue;
            }

            (int version, int price, long units) = (part.OfferingVersion, part.PriceIndex, hasUnits ? part.Units : 0);
            string offering = part.Offering.IsEmpty ? "" : TextOf(part.Offering);
            int known = _parts.FindIndex(first, one => one.Offering == offering && one.Version == version && one.PriceIndex == price);
            if (known < 0)
            {
                _parts.Add(new LedgerPart(_lines.Count, offering, version, price, units, part.AmountNanos));
            }
            else
            {
                LedgerPart sum = _parts[known];
                _parts[known] = sum with
                {
                    PricedUnits = sum.PricedUnits + units,
                    AmountNanos = sum.AmountNanos + part.AmountNanos,
                };
            }
        }

        bool isOne = _parts.Count == first + 1 && _parts[first].Offering.Length == 0 && _parts[first].Version == usage.OfferingVersion;
        int index = isOne ? _parts[first].PriceIndex : _parts.Count > first ? LedgerPart.Several : usage.PriceIndex;
        _parts.RemoveRange(first, isOne ? 1 : 0);
        return index;
    }

    /// <summary>
    /// Finds a stream from the end of the list: a batch has few partitions and mostly few files, and neighbouring records come from the
    /// same ones.
    /// </summary>
    private int StreamIndex(string topic, int partition)
    {
        for (int i = _streams.Count - 1; i >= 0; i--)
        {
            if (_streams[i].Partition == partition && _streams[i].Topic == topic)
            {
                return i;
            }
        }

        _streams.Add(new LedgerStream(topic, partition));
        return _streams.Count - 1;
    }

    private int FileIndex(scoped in UsageRatedView usage)
    {
        for (int i = _files.Count - 1; i >= Math.Max(0, _files.Count - FilesSearched); i--)
        {
            SourceFile file = _files[i];
            if (file.FileId == usage.FileId && Ascii.Equals(usage.Source, file.Source) && Ascii.Equals(usage.Node, file.Node))
            {
                return i;
            }
        }

        _files.Add(new SourceFile(
            usage.FileId,
            TextOf(usage.FileName),
            usage.FileSequenceNumber,
            TextOf(usage.Source),
            TextOf(usage.Node)));
        return _files.Count - 1;
    }

    private static string TextOf(ReadOnlySpan<byte> utf8) => TextOf(Encoding.UTF8.GetString(utf8));

    /// <summary>A text as the ledger holds it.</summary>
    internal static string TextOf(string text) => text.Replace('\0', Substitute);

    /// <summary>
    /// PostgreSQL refuses the character NUL in a text, and one such account must not stop the billing of all others. SUBSTITUTE (U+001A)
    /// stands in its place, in both databases.
    /// </summary>
    private static void WithoutNul(Span<byte> utf8) => utf8.Replace((byte)0, (byte)Substitute);

    // Among more files, adding a repeated entry is cheaper than the search; the ledger gives both the same row.
    private const int FilesSearched = 16;

    private TextSlice Add(ReadOnlySpan<byte> text)
    {
        if (_textLength + text.Length > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _textLength + text.Length));
        }

        text.CopyTo(_text.AsSpan(_textLength));
        WithoutNul(_text.AsSpan(_textLength, text.Length));
        TextSlice slice = new(_textLength, text.Length);
        _textLength += text.Length;
        return slice;
    }
}
