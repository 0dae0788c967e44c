using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Npgsql;
using Testcontainers.PostgreSql;
using Xunit;
using Xunit.Sdk;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// A PostgreSQL of our own for the tests: a private cluster of the installed packages (Debian's /usr/lib/postgresql), else a container.
/// Where neither is to be had, each test that asks for a database is skipped.
/// </summary>
public sealed class PostgreSqlServer : IAsyncLifetime
{
    private SkipException? _absence;
    private string? _connectionString;
    private DirectoryInfo? _folder;
    private string? _binaries;
    private PostgreSqlContainer? _container;
    private int _databases;

    public async ValueTask InitializeAsync()
    {
        _binaries = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .Order(StringComparer.Ordinal)
                .Select(version => Path.Combine(version, "bin"))
                .LastOrDefault(Directory.Exists)
            : null;
        if (_binaries is not null)
        {
            await StartClusterAsync();
            return;
        }

        try
        {
            _container = await ComposeImage.StartAsync(
                () => new PostgreSqlBuilder(ComposeImage.Of("postgres")).Build(), "; Debian's package postgresql would do");
            _connectionString = _container.GetConnectionString();
        }
        catch (SkipException absence)
        {
            _absence = absence;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await RunAsync("pg_ctl", $"-D {Data} -m immediate -w stop");
            _folder.Delete(recursive: true);
        }

        if (_container is not null)
        {
            await _container.DisposeAsync();
        }
    }

    /// <summary>Connection string of a new, empty database; skips the test when there is no server.</summary>
    public string NewDatabase()
    {
        if (_absence is not null)
        {
            ExceptionDispatchInfo.Throw(_absence);
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"ledger_{Interlocked.Increment(ref _databases)}");
        using NpgsqlConnection connection = new(_connectionString);
        connection.Open();
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        command.ExecuteNonQuery();
        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name, Pooling = false }.ToString();
    }

    private string Data => Path.Combine(_folder!.FullName, "data");

    private async Task StartClusterAsync()
    {
        _folder = Directory.CreateTempSubdirectory("pg-");
        if (Environment.IsPrivilegedProcess)
        {
            await StartAsync("chown", "postgres", _folder.FullName);
        }

        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        await RunAsync("initdb", $"-D {Data} -U ledger -A trust -E UTF8 --no-sync");
        await RunAsync(
            "pg_ctl",
            $"-D {Data} -l {_folder.FullName}/log -w -o '-p {port} -k {_folder.FullName} -c listen_addresses=127.0.0.1 -c fsync=off' "
            + $"start");
        _connectionString = string.Create(
            CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=ledger;Database=postgres;Pooling=false");
    }

    /// <summary>The server refuses to run as root, so it is handed to the user that the package made.</summary>
    private Task RunAsync(string program, string arguments)
    {
        // The server that it starts must not keep our pipes open as long as it lives.
        string command = $"{_binaries}/{program} {arguments} </dev/null >/dev/null 2>&1";
        return Environment.IsPrivilegedProcess
            ? StartAsync("runuser", "-u", "postgres", "--", "sh", "-c", command)
            : StartAsync("sh", "-c", command);
    }

    private static async Task StartAsync(string program, params string[] arguments) =>
        (await ChildProcess.RunAsync(new ProcessStartInfo(program, arguments) { WorkingDirectory = "/" })).WithExitCode(0);
}
