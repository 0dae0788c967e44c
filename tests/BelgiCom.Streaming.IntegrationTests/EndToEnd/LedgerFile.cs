using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>Reads the SQLite ledger from outside, also while the tool writes it.</summary>
internal static class LedgerFile
{
    /// <summary>Lines now; 0 while there is no ledger yet.</summary>
    public static long Lines(string path) => File.Exists(path) ? Query(path, "SELECT count(*) FROM billed_line") : 0;

    /// <summary>Different usage events that are billed.</summary>
    public static long UsageIds(string path) => Query(path, "SELECT count(DISTINCT usage_id) FROM billed_line");

    /// <summary>Different places on the topic that are billed.</summary>
    public static long Positions(string path) => Query(path, "SELECT count(DISTINCT stream || '@' || rated_offset) FROM billed_line");

    /// <summary>Lines that lead back to a position of usage.rated.v1, a named file and a record in it.</summary>
    public static long TraceableLines(string path) => Query(path, """
        SELECT count(*) FROM billed_line line JOIN position USING (stream) JOIN source_file USING (source_file)
        WHERE position.topic = 'usage.rated.v1' AND source_file.file_name <> '' AND line.record_index >= 0
        """);

    /// <summary>Sum of all lines in 10⁻⁹ euro.</summary>
    public static long AmountNanos(string path) => Query(path, "SELECT coalesce(sum(amount_nanos), 0) FROM billed_line");

    /// <summary>What is billed: usage id and amount of every line, in the order of the ids.</summary>
    public static IReadOnlyList<string> UsageAmounts(string path)
    {
        using SqliteConnection ledger = new($"Data Source={path};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText = "SELECT hex(usage_id) || ' ' || amount_nanos FROM billed_line ORDER BY usage_id";
        using SqliteDataReader rows = command.ExecuteReader();
        List<string> lines = new();
        while (rows.Read())
        {
            lines.Add(rows.GetString(0));
        }

        return lines;
    }

    private static long Query(string path, string sql)
    {
        using SqliteConnection ledger = new($"Data Source={path};Mode=ReadOnly;Pooling=False");
        ledger.Open();
        using SqliteCommand command = ledger.CreateCommand();
        command.CommandText = sql;
        try
        {
            return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is 1 or 5)
        {
            // SQLite answers 1 while the tables are being made, and 5 while the writer holds the file.
            return 0;
        }
    }
}
