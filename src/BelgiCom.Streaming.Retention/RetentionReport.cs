namespace BelgiCom.Streaming.Retention;

/// <summary>What was done with one segment or day key, or would be.</summary>
public enum RetentionAction
{
    /// <summary>It is due; a dry run left it.</summary>
    Due,

    /// <summary>Destroyed: the key is deleted, file and index entries are removed, the journal has an entry.</summary>
    Expired,

    /// <summary>Not touched: the configuration no longer has the segment's class, so nobody says how long to keep it.</summary>
    UnknownClass,

    /// <summary>
    /// Not touched: it is due only by a period that became shorter, or by a clock that has jumped, and nobody has confirmed that.
    /// </summary>
    Unconfirmed,

    /// <summary>
    /// Its destruction did not end, for the reason that is given instead of the legal basis; the next run goes on. It cannot be read any
    /// more.
    /// </summary>
    Failed,
}

/// <summary>What somebody confirms who lets records be destroyed.</summary>
[Flags]
public enum RetentionConfirmation
{
    /// <summary>Nothing: only what is due beyond doubt is destroyed.</summary>
    None = 0,

    /// <summary>Periods that are shorter than those under which the archive is written were decided.</summary>
    ShorterPeriods = 1,

    /// <summary>The clock is right, however long the archive has been at rest.</summary>
    Clock = 2,
}

/// <summary>One class and day that is due, or the key of a day of personal data, which has no records of its own.</summary>
/// <param name="Action">What was or would be done.</param>
/// <param name="Class">Legal class; <c>personal-data</c> for a day key.</param>
/// <param name="Day">Day, Europe/Brussels, on which the records' period began; the UTC day of a day key.</param>
/// <param name="DueAt">First instant at which it must be gone; null when its class is not known.</param>
/// <param name="Records">Records.</param>
/// <param name="HeldRecords">Records of the segment that a legal hold keeps, under the hold's own key.</param>
/// <param name="Octets">Octets on disk.</param>
/// <param name="Reason">The class's article and period, or the reason why nothing was done.</param>
/// <param name="KeyId">Key that was or would be deleted.</param>
/// <param name="File">File that was or would be removed; empty for a day key.</param>
public sealed record RetentionItem(
    RetentionAction Action,
    string Class,
    DateOnly Day,
    DateTimeOffset? DueAt,
    long Records,
    long HeldRecords,
    long Octets,
    string Reason,
    string KeyId,
    string File);

/// <summary>What was due at one moment, and what became of it.</summary>
/// <param name="AsOf">The moment.</param>
/// <param name="DryRun">Whether nothing was touched.</param>
/// <param name="Items">Per class and day, ordered by class and day.</param>
/// <param name="Shortened">Classes that were judged by a shorter period than the one under which the archive is written, a sentence
/// each.</param>
public sealed record RetentionReport(
    DateTimeOffset AsOf, bool DryRun, IReadOnlyList<RetentionItem> Items, IReadOnlyList<string> Shortened)
{
    /// <summary>Number of records that were destroyed, or would be.</summary>
    public long Records =>
        Items.Where(item => item.Action is RetentionAction.Due or RetentionAction.Expired).Sum(item => item.Records - item.HeldRecords);

    /// <summary>Whether everything that is due is gone, or would be.</summary>
    public bool IsComplete => Items.All(item => item.Action is RetentionAction.Due or RetentionAction.Expired);
}
