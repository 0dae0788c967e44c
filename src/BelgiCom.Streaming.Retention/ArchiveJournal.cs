using System.Globalization;
using System.Text.RegularExpressions;
using BelgiCom.Streaming.Audit;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Retention;

/// <summary>What the journal knows of holds and destroyed segments. Orders are journalled before anything is done.</summary>
internal sealed partial class ArchiveJournal
{
    private readonly Dictionary<string, HoldOrder> _holds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Segment> _expired = new(StringComparer.Ordinal);

    /// <summary>Entries.</summary>
    public long Count { get; private set; }

    /// <summary>The holds by id, released or not.</summary>
    public IReadOnlyDictionary<string, HoldOrder> Holds => _holds;

    /// <summary>The segments that were destroyed, by name.</summary>
    public IReadOnlyDictionary<string, Segment> Expired => _expired;

    /// <summary>Checks the journal and reads it.</summary>
    /// <exception cref="AuditException">The journal is not as it was written.</exception>
    /// <exception cref="ArchiveException">An entry has another form.</exception>
    public static ArchiveJournal Read(RetentionOptions options, IKeyStore keys)
    {
        string directory = CdrArchive.JournalDirectory(options);
        ArchiveJournal journal = new();
        using (AuditJournal chain = AuditJournal.Open(directory, CdrArchive.JournalStream, keys))
        {
            journal.Count = chain.Count;
        }

        foreach (AuditEntry entry in AuditJournal.Read(directory))
        {
            journal.Take(entry);
        }

        return journal;
    }

    /// <summary>A segment by its name, for example "FRAUD_4M/2026-01-15-3"; null when the name has another form.</summary>
    public static Segment? SegmentNamed(string name, string keyId, long length, long records, SegmentState state) =>
        SegmentName().Match(name) is { Success: true } parts
            && DateOnly.TryParseExact(parts.Groups[2].ValueSpan, "yyyy-MM-dd", CultureInfo.InvariantCulture, default, out DateOnly day)
            && long.TryParse(parts.Groups[3].ValueSpan, CultureInfo.InvariantCulture, out long id)
            ? new Segment(id, parts.Groups[1].Value, day, keyId, length, records, state)
            : null;

    private void Take(AuditEntry entry)
    {
        switch (entry.Action)
        {
            case "retention.hold":
                Hold(entry);
                break;
            case "retention.release" when Released().Match(entry.Decision) is { Success: true } released:
                if (_holds.TryGetValue(released.Groups[1].Value, out HoldOrder? hold))
                {
                    _holds[hold.Id] = hold with { IsReleased = true };
                }

                break;
            case "retention.expire" when !entry.Object.StartsWith(KeyPurposes.PersonalData + "/", StringComparison.Ordinal):
                Match destroyed = Destroyed().Match(entry.Decision);
                long records = destroyed.Success ? long.Parse(destroyed.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
                long length = destroyed.Success ? long.Parse(destroyed.Groups[2].ValueSpan, CultureInfo.InvariantCulture) : 0;
                _expired[entry.Object] =
                    SegmentNamed(entry.Object, destroyed.Groups[3].Value, length, records, SegmentState.Expired)
                    ?? throw OfAnotherForm(entry);
                break;
        }
    }

    /// <summary>Each reference of a person has an entry. An order that did not end was given again, as another request.</summary>
    private void Hold(AuditEntry entry)
    {
        Match order = Ordered().Match(entry.Decision);
        if (!order.Success
            || !DateTimeOffset.TryParse(order.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out DateTimeOffset from)
            || !DateTimeOffset.TryParse(order.Groups[3].ValueSpan, CultureInfo.InvariantCulture, out DateTimeOffset to)
            || !UInt128.TryParse(entry.Object, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out UInt128 person))
        {
            throw OfAnotherForm(entry);
        }

        string id = order.Groups[1].Value;
        IEnumerable<PersonRef> before =
            _holds.TryGetValue(id, out HoldOrder? known) && known.Request == entry.CorrelationId ? known.Persons : [];
        _holds[id] = new HoldOrder(id, [.. before, new PersonRef(person)], from, to, entry.Time, entry.CorrelationId, IsReleased: false);
    }

    private static ArchiveException OfAnotherForm(AuditEntry entry) => new(
        ArchiveFault.Refused,
        string.Create(
            CultureInfo.InvariantCulture,
            $"Entry {entry.Sequence} of the archive's journal ({entry.Action}) has a form that this release does not know. Restore the "
            + $"index from its copy; nothing was changed."));

    [GeneratedRegex(@"^([A-Z0-9_]+)/([0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex SegmentName();

    [GeneratedRegex(@"^hold ([A-Za-z0-9.-]+), (\S+) to (\S+);", RegexOptions.CultureInvariant)]
    private static partial Regex Ordered();

    [GeneratedRegex(@"^hold ([A-Za-z0-9.-]+);", RegexOptions.CultureInvariant)]
    private static partial Regex Released();

    [GeneratedRegex(@"^([0-9]+) records, ([0-9]+) octets, .* key (\S+) deleted, file removed;", RegexOptions.CultureInvariant)]
    private static partial Regex Destroyed();
}

/// <summary>An order to hold, as the journal has it.</summary>
/// <param name="Id">Id of the hold.</param>
/// <param name="Persons">Whom it concerns.</param>
/// <param name="From">First start of period, UTC.</param>
/// <param name="To">First start of period after the range, UTC.</param>
/// <param name="At">When it was given.</param>
/// <param name="Request">Request by which it was given.</param>
/// <param name="IsReleased">Whether its release was ordered.</param>
internal sealed record HoldOrder(
    string Id,
    IReadOnlyList<PersonRef> Persons,
    DateTimeOffset From,
    DateTimeOffset To,
    DateTimeOffset At,
    string Request,
    bool IsReleased);
