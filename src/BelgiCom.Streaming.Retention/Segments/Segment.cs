using System.Globalization;

namespace BelgiCom.Streaming.Retention;

/// <summary>The state of a segment's life.</summary>
internal enum SegmentState
{
    /// <summary>Being kept; may be appended to.</summary>
    Kept = 0,

    /// <summary>Its destruction has begun; nobody reads it any more.</summary>
    Expiring = 1,

    /// <summary>Destroyed; the row stays as proof.</summary>
    Expired = 2,
}

/// <summary>All records of one class whose period began on one day: one file, one key.</summary>
/// <param name="Id">Number of the segment; never used again.</param>
/// <param name="Class">Legal class.</param>
/// <param name="Day">Day, Europe/Brussels.</param>
/// <param name="KeyId">Key of the segment in the key store.</param>
/// <param name="Length">Octets committed.</param>
/// <param name="Records">Records committed.</param>
/// <param name="State">How far its life has come.</param>
internal sealed record Segment(long Id, string Class, DateOnly Day, string KeyId, long Length, long Records, SegmentState State)
{
    /// <summary>Name in reports, journal and messages; also the place of its file in the archive.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Class}/{Day:yyyy-MM-dd}-{Id}");
}

/// <summary>The records of one segment that a legal hold keeps past their period.</summary>
/// <param name="Hold">Id of the hold.</param>
/// <param name="Segment">Segment they come from.</param>
/// <param name="KeyId">Key of the hold.</param>
/// <param name="Length">Octets.</param>
/// <param name="Records">Records.</param>
internal sealed record HeldSegment(string Hold, long Segment, string KeyId, long Length, long Records)
{
    /// <summary>Name in messages; also the file's place in the archive.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"holds/{Hold}/{Segment}");
}

/// <summary>An order to keep one person's records past their period.</summary>
/// <param name="Id">Id given by the operator: letters, digits, '-' and '.', at most 40. Never personal data.</param>
/// <param name="Persons">Whom it concerns: every reference under which the person's records may be kept.</param>
/// <param name="From">First start of period it covers, UTC.</param>
/// <param name="To">First start of period after it, UTC.</param>
/// <param name="KeyId">Key its records are encrypted with.</param>
internal sealed record LegalHold(
    string Id, IReadOnlyCollection<PersonRef> Persons, DateTimeOffset From, DateTimeOffset To, string KeyId)
{
    /// <summary>Whether it keeps a person's record whose period began then.</summary>
    public bool Covers(PersonRef person, DateTimeOffset startOfPeriod) =>
        startOfPeriod >= From && startOfPeriod < To && Persons.Contains(person);
}
