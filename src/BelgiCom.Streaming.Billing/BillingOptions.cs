using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Billing;

/// <summary>Settings of the billing ledger, section <c>Billing</c>.</summary>
public sealed class BillingOptions : IValidatableObject
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Billing";

    /// <summary>
    /// Where the ledger is. Empty: the SQLite file <c>ledger.db</c> in <see cref="DataDirectory"/>. Beginning with <c>Host=</c>: PostgreSQL
    /// (Npgsql's words). Default empty.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// File that holds PostgreSQL's password, which may have any characters; a line end after it is dropped. Default none: the password, if
    /// any, is in <see cref="ConnectionString"/>.
    /// </summary>
    public string? PasswordFile { get; set; }

    /// <summary>Folder of the SQLite file; not used with PostgreSQL. Default <c>data</c>.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>
    /// Most records in one database transaction, 1 to 1,000,000; default 20,000. Larger batches share the cost of one flush to disk and use
    /// more memory, about 400 octets a record.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxRecordsPerTransaction { get; set; } = 20_000;

    /// <summary>
    /// How many source files the ledger remembers the row numbers of, 16 to 10,000,000; default 65,536. When there are more, it forgets all
    /// and begins again.
    /// </summary>
    [Range(16, 10_000_000)]
    public int MaxCachedFiles { get; set; } = 65_536;

    /// <summary>
    /// How often everything on usage.rated.v1 is compared with the ledger, 1 minute to 30 days; default 1 day. It reads the whole topic,
    /// and a ledger in SQLite takes no batch while a partition is compared.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReconcileEvery { get; set; } = TimeSpan.FromDays(1);

    internal bool UsesPostgreSql => ConnectionString.StartsWith("Host=", StringComparison.OrdinalIgnoreCase);

    /// <summary>The password that <see cref="PasswordFile"/> holds now; null when it names none.</summary>
    internal string? Password() => string.IsNullOrEmpty(PasswordFile) ? null : File.ReadAllText(PasswordFile).TrimEnd('\r', '\n');

    internal string SqliteFile => Path.Combine(DataDirectory, "ledger.db");

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ConnectionString.Length > 0 && !UsesPostgreSql)
        {
            yield return new ValidationResult("must be empty (SQLite) or begin with 'Host=' (PostgreSQL)", [nameof(ConnectionString)]);
        }

        if (!string.IsNullOrEmpty(PasswordFile))
        {
            if (!UsesPostgreSql)
            {
                yield return new ValidationResult(
                    "is for PostgreSQL: Billing:ConnectionString must begin with 'Host='", [nameof(PasswordFile)]);
            }

            if (!File.Exists(PasswordFile))
            {
                yield return new ValidationResult($"names a file that does not exist: '{PasswordFile}'", [nameof(PasswordFile)]);
            }
        }

        if (ConnectionString.Length == 0 && string.IsNullOrWhiteSpace(DataDirectory))
        {
            yield return new ValidationResult("must name a folder when Billing:ConnectionString is empty", [nameof(DataDirectory)]);
        }
    }
}
