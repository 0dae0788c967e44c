using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Log messages of the rating worker, event ids 2001 to 2099.</summary>
internal static partial class RatingLog
{
    [LoggerMessage(2001, LogLevel.Information, "Restoring {Partitions} partitions from {Topic}: at most {Records} records to read")]
    public static partial void Restoring(ILogger logger, string topic, int partitions, long records);

    [LoggerMessage(2002, LogLevel.Information, "Restored {Records} of {Total} records")]
    public static partial void RestoreProgress(ILogger logger, long records, long total);

    [LoggerMessage(
        2003, LogLevel.Information,
        "Restored {Topic}[{Partition}]: {Subscribers} subscribers, {Ids} ids, {Repeated} events since the last checkpoint")]
    public static partial void Restored(ILogger logger, string topic, int partition, int subscribers, long ids, long repeated);

    [LoggerMessage(2004, LogLevel.Information, "Catalogue: {Versions} offering versions of {Offerings} offerings")]
    public static partial void CatalogueLoaded(ILogger logger, int versions, int offerings);

    [LoggerMessage(2005, LogLevel.Error, "{Problem} Usage under it is suspended until a corrected version is published")]
    public static partial void BrokenOffering(ILogger logger, string problem);

    [LoggerMessage(
        2006, LogLevel.Error, "{Topic}[{Partition}]@{Offset} cannot be read ({Problem}); reference data keeps its earlier value")]
    public static partial void BrokenReference(ILogger logger, string topic, int partition, long offset, string problem);

    [LoggerMessage(
        2009, LogLevel.Warning,
        "{Topic}[{Partition}]@{From} to @{To} was deleted before a checkpoint took it up; the checkpoint is {Days} days old, so nothing "
        + "that was rated then can come again within the window")]
    public static partial void DeletedSinceCheckpoint(ILogger logger, string topic, int partition, long from, long to, int days);

    [LoggerMessage(2010, LogLevel.Information, "Online charging answers at {Address}")]
    public static partial void OnlineUp(ILogger logger, Uri address);

    [LoggerMessage(2011, LogLevel.Information, "Balances answer at {Address}")]
    public static partial void BalancesUp(ILogger logger, Uri address);

    [LoggerMessage(2012, LogLevel.Information, "Balances of {Partitions} partitions are known")]
    public static partial void BalancesRead(ILogger logger, int partitions);

    [LoggerMessage(2013, LogLevel.Warning, "Balances cannot be read ({Failure}); they are read anew")]
    public static partial void BalancesBehind(ILogger logger, string failure);

    [LoggerMessage(2007, LogLevel.Warning, "{Topic}[{Partition}]@{Offset} was rejected: {Reason}")]
    public static partial void Undecodable(ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(
        2014, LogLevel.Warning,
        "The correction {Topic}[{Partition}]@{Offset} was not taken and changes nothing: {Outcome}. belgicom rerate says what is left")]
    public static partial void CorrectionNotTaken(ILogger logger, string topic, int partition, long offset, string outcome);
}
