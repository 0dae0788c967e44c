using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

internal static partial class AdaptersLog
{
    [LoggerMessage(
        3001, LogLevel.Information, "File {File} of {Source}: {Cdrs} CDRs, {Events} events, {Quarantined} quarantined, state {State}")]
    public static partial void FileFinished(
        ILogger logger, string file, string source, long cdrs, long events, long quarantined, FileState state);

    [LoggerMessage(3002, LogLevel.Information, "File {File} of {Source} is known already by its content and is not sent again")]
    public static partial void FileKnown(ILogger logger, string file, string source);

    [LoggerMessage(3003, LogLevel.Information, "File {File} of {Source} was interrupted; it goes on after {Cdrs} CDRs")]
    public static partial void FileResumed(ILogger logger, string file, string source, long cdrs);

    [LoggerMessage(3004, LogLevel.Warning, "File {File} of {Source}: {Detail}")]
    public static partial void FileFault(ILogger logger, string file, string source, string detail);

    [LoggerMessage(3005, LogLevel.Warning, "Files {First} to {Last} of node {Node}, source {Source}, are missing beside {File}")]
    public static partial void FilesMissing(ILogger logger, long first, long last, string node, string source, string file);

    [LoggerMessage(
        3006, LogLevel.Warning, "File {File} of {Source}: the node reports lost CDRs (indicator {Indicator}, TS 32.297 octet 48)")]
    public static partial void CdrsLost(ILogger logger, string file, string source, int indicator);

    [LoggerMessage(
        3007, LogLevel.Warning,
        "File {File} of {Source}: {Count} local times occurred twice; the setting AmbiguousTime decided which is meant")]
    public static partial void AmbiguousTimes(ILogger logger, string file, string source, long count);

    [LoggerMessage(
        3009, LogLevel.Error,
        "File {File} of {Source} cannot be read or moved out of the inbox ({Reason}); mend rights or free space there; it is tried again "
        + "in {Delay}")]
    public static partial void FileStuck(ILogger logger, string file, string source, string reason, TimeSpan delay);

    [LoggerMessage(3010, LogLevel.Information, "Watching the inbox of {Source}")]
    public static partial void InboxWatched(ILogger logger, string source);

    [LoggerMessage(3011, LogLevel.Warning, "Changes in the inbox of {Source} are not signalled; it is looked through at intervals")]
    public static partial void InboxNotSignalled(ILogger logger, string source, Exception exception);

    [LoggerMessage(3012, LogLevel.Warning, "{Notice}")]
    public static partial void DevelopmentKeys(ILogger logger, string notice);

    [LoggerMessage(
        3013, LogLevel.Warning,
        "File {File} of {Source} changed while it was read: somebody writes it under its final name; it is taken again as a whole")]
    public static partial void FileChanged(ILogger logger, string file, string source);

    [LoggerMessage(
        3014, LogLevel.Warning,
        "File {File} of {Source} grew from {Taken} to {Now} octets after it was processed; it goes back into the inbox")]
    public static partial void FileGrew(ILogger logger, string file, string source, long taken, long now);

    [LoggerMessage(
        3015, LogLevel.Error,
        "File {File} of {Source}, processed already, cannot be moved or deleted ({Reason}); mend rights or free space there")]
    public static partial void RetiredFileStuck(ILogger logger, string file, string source, string reason);

    [LoggerMessage(
        3016, LogLevel.Warning,
        "Folder {Folder} in the inbox of {Source} is left alone: files of a folder are taken when it is called like a source and the "
        + "inbox has Detect")]
    public static partial void FolderIgnored(ILogger logger, string folder, string source);

    [LoggerMessage(
        3023, LogLevel.Error,
        "The reader of file {File} of {Source} failed with {Fault}; the rest of the file is not read, the other files go on: {Place}")]
    public static partial void ReaderFailed(ILogger logger, string file, string source, string fault, string place);

    [LoggerMessage(
        3020, LogLevel.Error,
        "File {File} of {Source} is left alone: it is a link or a pipe, and only regular files are read; take it out of the inbox")]
    public static partial void NoRegularFile(ILogger logger, string file, string source);

    [LoggerMessage(3021, LogLevel.Error, "The inbox of {Source} waits: {Reason} It is looked through again in {Delay}")]
    public static partial void InboxWaits(ILogger logger, string source, string reason, TimeSpan delay);

    [LoggerMessage(
        3022, LogLevel.Error, "File {File} of {Source} failed; the other files go on, and it is tried again in {Delay}")]
    public static partial void FileFailed(ILogger logger, string file, string source, TimeSpan delay, Exception exception);

    [LoggerMessage(
        3026, LogLevel.Error,
        "The clock went on by {Step} while the worker was off or from one moment to the next, seen at the inbox of {Source}; more than "
        + "{StepMax} is not believed, so processed files of all inboxes are kept for as much longer. Set the clock if it is wrong")]
    public static partial void ClockJumped(ILogger logger, string source, TimeSpan step, TimeSpan stepMax);

    [LoggerMessage(3018, LogLevel.Information, "File {File} of {Source}, whose end was missing, came as a whole as {Whole}")]
    public static partial void PartClosed(ILogger logger, string file, string source, string whole);

    [LoggerMessage(
        3019, LogLevel.Warning,
        "With {File} of {Source}, CHF records and Nchf requests are both charged, and not by keys that both have. If they report the same "
        + "sessions, that is twice: set ChargingView of their sources to Chf or Nchf")]
    public static partial void BothViewsCharged(ILogger logger, string file, string source);

    [LoggerMessage(
        3029, LogLevel.Warning,
        "With {File} of {Source}, a gateway and converged charging (CHF records or Nchf requests) have both reported the same minutes of "
        + "one connection, and both are charged. If one node writes both, that is twice: set ChargingView of their sources to Chf or "
        + "Nchf, or, to charge the gateway's, that of the 5G records' source to the view that it does not deliver")]
    public static partial void GatewayChargedToo(ILogger logger, string file, string source);

    [LoggerMessage(
        3024, LogLevel.Error,
        "File {File} has the number {Number} of node {Node}, source {Source}, and other content than the file that had it first; both are "
        + "taken: ask the node's operator which is right")]
    public static partial void NumberRepeated(ILogger logger, string file, long number, string node, string source);

    [LoggerMessage(
        3025, LogLevel.Warning,
        "The files of node {Node}, source {Source}, are numbered anew: {Last} was the highest number, {Number} is that of {File}; files "
        + "between the two are not known")]
    public static partial void NumbersBeginAnew(ILogger logger, string node, string source, long last, long number, string file);

    [LoggerMessage(
        3027, LogLevel.Warning,
        "Records {First} to {Last} of node {Node}, source {Source}, are missing in part or whole ({Count} in {Ranges} ranges) beside "
        + "{File}: belgicom files gaps lists them")]
    public static partial void RecordsMissing(
        ILogger logger, long first, long last, long count, int ranges, string node, string source, string file);

    [LoggerMessage(
        3028, LogLevel.Warning,
        "The records of node {Node}, source {Source}, are numbered anew: {Last} was the highest number, {Number} is one of {File}; records "
        + "between the two are not known")]
    public static partial void RecordNumbersBeginAnew(ILogger logger, string node, string source, long last, long number, string file);
}
