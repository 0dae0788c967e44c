using System.Globalization;
using Avro;
using Avro.Generic;
using Confluent.Kafka;
using Microsoft.Data.Sqlite;

namespace BillingTableConsumer;

/// <summary>
/// Rated usage as a table, and how far it has come, in one database: both move in one transaction, so a crash leaves neither behind. A
/// usage event is one row however often it comes, because its id is the key.
/// </summary>
internal sealed class BillingTable : IDisposable
{
    private readonly SqliteConnection _database;

    public BillingTable(string path)
    {
        _database = new SqliteConnection($"Data Source={path}");
        _database.Open();
        Execute(
            """
            CREATE TABLE IF NOT EXISTS rated_usage (
                usage_id BLOB PRIMARY KEY, account TEXT NOT NULL, event_time TEXT NOT NULL, amount_nanos INTEGER NOT NULL,
                currency TEXT NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS position (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);
            """);
    }

    /// <summary>Where reading goes on: behind the last row's record, or at the beginning of the topic.</summary>
    public Offset PositionOf(Partition partition)
    {
        using SqliteCommand command = _database.CreateCommand();
        command.CommandText = "SELECT next_offset FROM position WHERE partition = $partition";
        command.Parameters.AddWithValue("$partition", partition.Value);
        return command.ExecuteScalar() is long next ? next : Offset.Beginning;
    }

    /// <summary>Takes records in; all of them or, when it throws, none.</summary>
    /// <returns>Rows that are new.</returns>
    public int Apply(IReadOnlyList<ConsumeResult<byte[], GenericRecord>> records)
    {
        using SqliteTransaction transaction = _database.BeginTransaction();
        int rows = 0;
        foreach (ConsumeResult<byte[], GenericRecord> record in records)
        {
            rows += Insert(record.Message.Value);
            Execute(
                "INSERT INTO position VALUES ($partition, $next) ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset",
                ("$partition", record.Partition.Value), ("$next", record.Offset.Value + 1));
        }

        transaction.Commit();
        return rows;
    }

    public void Dispose() => _database.Dispose();

    private int Insert(GenericRecord usage)
    {
        // The record is as its writer's schema has it: a field that another release does not have takes the default of schemas/.
        string outcome = usage.TryGetValue("outcome", out object? value) ? ((GenericEnum)value).Value : "RATED";
        if (outcome != "RATED")
        {
            // Zero-rated usage is no line of a bill.
            return 0;
        }

        // Money stays exact: decimal(18,9) is a whole number of 10⁻⁹ units of the currency, which fits in 64 bits.
        long amountNanos = (long)((AvroDecimal)usage["amount"]).UnscaledValue;
        return Execute(
            "INSERT INTO rated_usage VALUES ($id, $account, $time, $amount, $currency) ON CONFLICT (usage_id) DO NOTHING",
            ("$id", ((GenericFixed)usage["usageId"]).Value),
            ("$account", usage["account"]),
            ("$time", ((DateTime)usage["eventTime"]).ToString("O", CultureInfo.InvariantCulture)),
            ("$amount", amountNanos),
            ("$currency", usage["currency"]));
    }

    private int Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = _database.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command.ExecuteNonQuery();
    }
}
