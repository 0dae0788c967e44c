namespace BelgiCom.Streaming.Billing.Tests;

public sealed class SqliteLedgerTests : LedgerContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-");

    protected override BillingOptions NewLedger() => new() { DataDirectory = _folder.FullName };

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }
}
