using System.Data;
using System.Data.Common;
using Npgsql;

namespace BelgiCom.Streaming.Storage;

/// <summary>A PostgreSQL database.</summary>
public sealed class PostgreSqlDatabase : Database
{
    private readonly NpgsqlConnection _connection;

    private PostgreSqlDatabase(NpgsqlConnection connection, string name, string location)
        : base(connection, name, location) => _connection = connection;

    // Npgsql must not try Kerberos unless the operator asks for it: official images lack its library, and each attempt to load it writes a
    // line of its own to the log (npgsql#6360).
    private const string Defaults = "GSS Encryption Mode=Disable;";

    /// <summary>Connects.</summary>
    /// <param name="connectionString">Where, in Npgsql's words.</param>
    /// <param name="password">The password, which may have any characters; null to use the one in the connection string.</param>
    /// <param name="name">Name of the database in messages, for example "Billing ledger".</param>
    /// <param name="setting">Setting that says where it is.</param>
    /// <exception cref="StorageException">The database does not answer, or refuses the connection.</exception>
    public static PostgreSqlDatabase Open(string connectionString, string? password, string name, string setting)
    {
        string location = "PostgreSQL";
        NpgsqlConnection? connection = null;
        try
        {
            NpgsqlConnectionStringBuilder builder = new(ConnectionString(connectionString, password));
            location = $"postgresql://{builder.Host}:{builder.Port}/{builder.Database}";
            connection = new NpgsqlConnection(builder.ToString());
            connection.Open();
            return new PostgreSqlDatabase(connection, name, location);
        }
        catch (Exception cause) when (cause is NpgsqlException or ArgumentException or TimeoutException)
        {
            connection?.Dispose();
            throw new StorageException(
                StorageFault.CannotOpen, $"{name} {location} could not be opened: {cause.Message} Check {setting}.", cause);
        }
    }

    /// <summary>The operator's connection string, completed by our defaults where it says nothing, and the password.</summary>
    internal static string ConnectionString(string connectionString, string? password)
    {
        NpgsqlConnectionStringBuilder builder = new(Defaults + connectionString);
        builder.Password = password ?? builder.Password;
        return builder.ToString();
    }

    /// <summary>Begins a binary COPY, for thousands of rows. Call it inside a transaction.</summary>
    public NpgsqlBinaryImporter BeginCopy(string sql) => _connection.BeginBinaryImport(sql);

    private protected override DbTransaction Begin() => _connection.BeginTransaction(IsolationLevel.ReadCommitted);

    private protected override void LockMigrations() =>
        Execute("SELECT pg_advisory_xact_lock(hashtext(@p0))", $"belgicom {Name.ToLowerInvariant()}");
}
