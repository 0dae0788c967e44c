using BelgiCom.Streaming.Retention;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Log messages of the retention worker, event ids 5001 to 5099.</summary>
internal static partial class CdrRetentionLog
{
    [LoggerMessage(5001, LogLevel.Warning, "{Notice}")]
    public static partial void DevelopmentKeys(ILogger logger, string notice);

    [LoggerMessage(
        5002, LogLevel.Warning,
        "{Topic}[{Partition}]@{Offset} cannot be read ({Octets} octets); it is archived when Rating has rejected it")]
    public static partial void Unreadable(ILogger logger, string topic, int partition, long offset, int octets);

    [LoggerMessage(5003, LogLevel.Information, "{Count} records were past their period in {Class} when they came and were not stored")]
    public static partial void PastPeriod(ILogger logger, long count, string @class);

    [LoggerMessage(5004, LogLevel.Information, "{Class} of {Day} is destroyed: {Records} records, {HeldRecords} held; {Reason}")]
    public static partial void Expired(ILogger logger, string @class, DateOnly day, long records, long heldRecords, string reason);

    [LoggerMessage(5005, LogLevel.Error, "{Class} of {Day} is not destroyed ({Action}): {Reason}")]
    public static partial void NotExpired(ILogger logger, string @class, DateOnly day, RetentionAction action, string reason);

    [LoggerMessage(5006, LogLevel.Warning, "The journal is not published yet and is tried again: {Reason}")]
    public static partial void JournalNotPublished(ILogger logger, string reason);

    [LoggerMessage(
        5007, LogLevel.Error,
        "The longer period stays in force until 'belgicom retention expire --period-was-shortened' confirms the shorter one: {Shortened}")]
    public static partial void ShorterPeriod(ILogger logger, string shortened);

    [LoggerMessage(
        5008, LogLevel.Information,
        "The key of {Day} is deleted: what mediation encrypted with it cannot be read any more, in any copy; {Reason}")]
    public static partial void DayKeyDeleted(ILogger logger, DateOnly day, string reason);

    [LoggerMessage(5009, LogLevel.Error, "The check of the archive found: {Fault}")]
    public static partial void NotAsWritten(ILogger logger, string fault);

    [LoggerMessage(5010, LogLevel.Information, "Archive and journal are checked: {Faults} faults")]
    public static partial void Verified(ILogger logger, int faults);
}
