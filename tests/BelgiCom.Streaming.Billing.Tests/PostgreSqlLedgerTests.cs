using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Billing.Tests;

public sealed class PostgreSqlLedgerTests(PostgreSqlServer server) : LedgerContract
{
    protected override BillingOptions NewLedger() => new() { ConnectionString = server.NewDatabase() };
}
