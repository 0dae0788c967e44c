using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.BillingSync.Worker;

/// <summary>Log messages of the billing worker, event ids 4001 to 4099.</summary>
internal static partial class BillingSyncLog
{
    [LoggerMessage(4001, LogLevel.Information, "Billing into {Ledger}")]
    public static partial void LedgerOpened(ILogger logger, string ledger);

    [LoggerMessage(4002, LogLevel.Information, "The ledger has not seen {Topic}[{Partition}] yet: reading it from its beginning")]
    public static partial void PartitionNew(ILogger logger, string topic, int partition);

    [LoggerMessage(
        4005, LogLevel.Warning,
        "The ledger has never seen {Topic}[{Partition}], whose log begins @{Offset}: what was before is not in this ledger. Is it a new "
        + "one?")]
    public static partial void PartitionBegunWithoutUs(ILogger logger, string topic, int partition, long offset);

    [LoggerMessage(
        4004, LogLevel.Warning,
        "{Count} rated usage events are in the ledger already under other positions and were not billed again. Was a topic created again?")]
    public static partial void LedgerDuplicates(ILogger logger, long count);

    [LoggerMessage(
        4006, LogLevel.Error,
        "{Count} rated usage events have the usage id of a billed line and other content. They are not billed until somebody decides: "
        + "belgicom suspense list shows both contents.")]
    public static partial void LedgerConflicts(ILogger logger, long count);

    [LoggerMessage(
        4007, LogLevel.Error,
        "Rated and billed differ in {Differences} records, and {Conflicts} are in conflict: belgicom reconcile names them.")]
    public static partial void NotReconciled(ILogger logger, long differences, long conflicts);

    [LoggerMessage(4008, LogLevel.Warning, "Rated and billed were not compared: {Cause}")]
    public static partial void ReconciliationFailed(ILogger logger, string cause);
}
