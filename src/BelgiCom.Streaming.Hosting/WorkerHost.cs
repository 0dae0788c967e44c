using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Prometheus;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace BelgiCom.Streaming.Hosting;

/// <summary>What every worker shares: configuration, log, health, metrics, drain on SIGTERM and exit codes.</summary>
public static class WorkerHost
{
    /// <summary>Everything was done.</summary>
    public const int ExitDone = 0;

    /// <summary>The command line or the configuration is wrong; standard error says what to do.</summary>
    public const int ExitConfiguration = 1;

    /// <summary>A part of the process failed while it worked.</summary>
    public const int ExitFailed = 2;

    /// <summary>
    /// Everything that came was accounted for, but money waits: usage is suspended, rejected, in conflict or quarantined, and a person must
    /// look at it.
    /// </summary>
    public const int ExitMoneyWaits = 3;

    private const long LogFileMaxBytes = 100_000_000;
    private const int LogFilesMax = 5;

    /// <summary>Longest time that a worker may take to finish its batch, commit and close after SIGTERM.</summary>
    public static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs a worker until SIGTERM or Ctrl-C, or until one of its services fails.
    /// <c>--validate</c> only checks the configuration. <c>--Section:Key=value</c> sets a setting, as does the environment variable
    /// <c>Section__Key</c>.
    /// </summary>
    /// <param name="name">The worker's name in logs, for example <c>rating</c>.</param>
    /// <param name="args">The command line.</param>
    /// <param name="add">Adds the worker's services: its <c>AddXxxWorker</c>.</param>
    /// <param name="map">Adds the worker's own HTTP endpoints, if it has any.</param>
    /// <returns>The exit code: 0 done, 1 configuration, 2 failed.</returns>
    public static async Task<int> RunAsync(
        string name, string[] args, Action<WebApplicationBuilder> add, Action<WebApplication>? map = null)
    {
        FileMask.MakeOwnerOnly();
        bool validateOnly = args.Contains("--validate");
        try
        {
            WebApplicationBuilder builder = CreateBuilder(name, LogReader.Collector, SettingsOf(args));
            add(builder);
            await using WebApplication app = Build(builder);
            map?.Invoke(app);
            if (validateOnly)
            {
                await Console.Out.WriteLineAsync($"{name}: the configuration is valid");
                return ExitDone;
            }

            await StartAsync(app, name);
            await app.WaitForShutdownAsync();
            return FailureOf(app) is null ? ExitDone : ExitFailed;
        }
        catch (ConfigurationFaultException exception)
        {
            WriteFaults(name, exception.Faults, validateOnly);
            return ExitConfiguration;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            WriteFaults(name, [$"{exception.GetType().Name}: {exception.Message}"], validateOnly);
            return ExitFailed;
        }
        finally
        {
            await Log.CloseAndFlushAsync();
        }
    }

    /// <summary>
    /// A host builder with our configuration sources, log, health checks and time limits; for processes that host several workers.
    /// </summary>
    /// <param name="name">Name in logs.</param>
    /// <param name="reader">Who reads the log.</param>
    /// <param name="settings">Settings that win over the environment, keys written <c>Section:Key</c>.</param>
    /// <returns>The builder; finish it with <see cref="Build"/>.</returns>
    /// <exception cref="ConfigurationFaultException">A settings file or a secret file cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(string name, LogReader reader, IReadOnlyDictionary<string, string?> settings)
    {
        WebApplicationBuilder builder = CreateSlimBuilder(name);
        SecretFiles.Load(builder.Configuration);
        builder.Configuration.AddInMemoryCollection(settings);
        // The base images set this variable; here Http:Url alone chooses the address.
        builder.Configuration.AddInMemoryCollection([new("HTTP_PORTS", null)]);
        AddLog(builder, name, reader);
        builder.Services.AddHealthChecks().AddCheck<ServicesHealthCheck>("services", tags: [LiveTag]);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => new MeterExport(Prometheus.Metrics.DefaultRegistry));
        builder.Services.Configure<HostOptions>(options =>
        {
            options.ShutdownTimeout = DrainMax;
            options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        return builder;
    }

    private static WebApplicationBuilder CreateSlimBuilder(string name)
    {
        try
        {
            return WebApplication.CreateSlimBuilder(
                new WebApplicationOptions { ApplicationName = name, ContentRootPath = AppContext.BaseDirectory });
        }
        catch (Exception exception) when (ConfigurationFaultException.OfFile(exception) is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>
    /// Reports all configuration faults, chooses the port and maps <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>. Ready is
    /// 200 only when every check is healthy, because a degraded process does not do its work now. Live is 503 only when a restart would
    /// help.
    /// </summary>
    /// <param name="builder">From <see cref="CreateBuilder"/>, with all workers added.</param>
    /// <returns>The application, not started.</returns>
    /// <exception cref="ConfigurationFaultException">A setting is wrong, or the configured port is taken.</exception>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        HttpOptions http = builder.AddValidatedOptions<HttpOptions>("Http");
        builder.ThrowOnFaults();
        if (builder.Configuration.GetSection("Kestrel").Exists())
        {
            throw new ConfigurationFaultException(
                "Kestrel: the server's own settings would choose another address than Http:Url, past its checks: remove them, and set "
                + "Http__Url");
        }

        ListenAddress address = ListenAddress.TryParse(http.Url ?? HttpOptions.DefaultUrl)!;
        bool taken = address.IsTaken();
        if (taken && http.Url is not null)
        {
            throw new ConfigurationFaultException(
                $"Http:Url: {http.Url} is taken by another process: stop that one, or set Http__Url to another port");
        }

        builder.WebHost.UseUrls(taken ? (address with { Port = 0 }).Url : address.Url);
        WebApplication app = builder.Build();
        if (taken)
        {
            HostLog.PortTaken(app.Logger, address.Url);
        }

        if (IPAddress.IsLoopback(address.Address))
        {
            app.Use(RefuseOtherHosts);
        }

        app.Services.GetRequiredService<MeterExport>();
        app.MapHealthChecks(
            "/health/live",
            new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag), ResponseWriter = HealthReportWriter.WriteAsync });
        app.MapHealthChecks(
            "/health/ready",
            new HealthCheckOptions
            {
                ResultStatusCodes = { [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable },
                ResponseWriter = HealthReportWriter.WriteAsync,
            });
        app.MapMetrics("/metrics");
        return app;
    }

    /// <summary>
    /// Answers on loopback are for this machine. A web page elsewhere may have its name resolve to loopback, and would read them in the
    /// name of whoever looks at it (DNS rebinding); its name is in the request.
    /// </summary>
    private static Task RefuseOtherHosts(HttpContext context, RequestDelegate next)
    {
        string host = context.Request.Host.Host.Trim('[', ']');
        if (host is "" or "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address)))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return Task.CompletedTask;
    }

    /// <summary>Starts the application and logs where it answers.</summary>
    /// <param name="app">From <see cref="Build"/>.</param>
    /// <param name="name">Name in logs.</param>
    /// <returns>A task that ends when all hosted services have started.</returns>
    public static async Task StartAsync(WebApplication app, string name)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whoever started the process gets the error as a sentence; where it was thrown is for its developers.
            HostLog.NotStarted(app.Logger, failure, name);
            throw;
        }

        HostLog.Up(app.Logger, name, app.Urls.First());
    }

    /// <summary>The error of the first background service that failed, after logging it; null when none failed.</summary>
    /// <param name="app">A started application.</param>
    /// <returns>The error, or null.</returns>
    public static Exception? FailureOf(WebApplication app)
    {
        foreach (BackgroundService service in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            // Our own errors say what happened, where and what to do; their causes know only a part of that.
            if (service.ExecuteTask?.Exception?.InnerException is { } failure)
            {
                HostLog.ServiceFailed(app.Logger, failure, service.GetType().Name);
                return failure;
            }
        }

        return null;
    }

    /// <summary>Marks the checks that decide whether the process must be restarted; all others only decide whether it is ready.</summary>
    public const string LiveTag = "live";

    static WorkerHost() => Prometheus.Metrics.SuppressDefaultMetrics(new SuppressDefaultMetricOptions
    {
        SuppressMeters = true,
        SuppressEventCounters = true,
        SuppressDebugMetrics = true,
    });

    /// <summary>
    /// Writes to standard error why the process does not start: as plain lines for the person who asked with <c>--validate</c>, else in the
    /// form of the log, so that a log collector can read it. The host's own log does not exist yet, or no longer.
    /// </summary>
    private static void WriteFaults(string name, IReadOnlyList<string> faults, bool isForAPerson)
    {
        if (isForAPerson)
        {
            foreach (string fault in faults)
            {
                Console.Error.WriteLine($"{name}: {fault}");
            }

            return;
        }

        using Serilog.Core.Logger log = new LoggerConfiguration()
            .Enrich.WithProperty("Worker", name)
            .WriteTo.Console(new RenderedCompactJsonFormatter(), standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
        foreach (string fault in faults)
        {
            log.Fatal("{Fault:l}", fault);
        }
    }

    private static void AddLog(WebApplicationBuilder builder, string name, LogReader reader)
    {
        LogOptions options = builder.AddValidatedOptions<LogOptions>("Log");
        // Those that a process adds afterwards, such as the status page's list of problems, get what is logged, too.
        builder.Logging.ClearProviders();
        // The file is opened when the host is built and not before, because a builder that only checks the configuration must not open it.
        builder.Services.AddSerilog(log =>
        {
            log.MinimumLevel.Is(options.Level).MinimumLevel
                .Override("Microsoft", LogEventLevel.Warning).MinimumLevel
                // The framework's host logs each failure that we log or print ourselves.
                .Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal).Enrich
                .WithProperty("Worker", name).Enrich
                .With<CauseInWords>();
            if (options.File is not null)
            {
                log.WriteTo.File(
                    new RenderedCompactJsonFormatter(), options.File, fileSizeLimitBytes: LogFileMaxBytes, rollOnFileSizeLimit: true,
                    retainedFileCountLimit: LogFilesMax);
            }

            if (reader == LogReader.Collector)
            {
                log.WriteTo.Console(new RenderedCompactJsonFormatter());
                return;
            }

            log.WriteTo.Console(
                options.File is null ? LogEventLevel.Verbose : LogEventLevel.Warning,
                options.File is null
                    ? "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}"
                    : "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{Cause:l}{NewLine}",
                System.Globalization.CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose);
        },
        writeToProviders: true);
    }

    /// <summary>An exception as a person reads it; the log file has where it was thrown, too.</summary>
    private sealed class CauseInWords : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            if (logEvent.Exception is { } cause)
            {
                logEvent.AddOrUpdateProperty(propertyFactory.CreateProperty("Cause", $" ({cause.GetType().Name}: {cause.Message})"));
            }
        }
    }

    private static Dictionary<string, string?> SettingsOf(string[] args)
    {
        Dictionary<string, string?> settings = new();
        foreach (string arg in args.Where(arg => arg != "--validate"))
        {
            int equals = arg.IndexOf('=', StringComparison.Ordinal);
            if (!arg.StartsWith("--", StringComparison.Ordinal) || equals < 0 || arg.IndexOf(':', StringComparison.Ordinal) is < 0)
            {
                throw new ConfigurationFaultException($"'{arg}' is no argument of a worker: use --validate, or --Section:Key=value");
            }

            settings[arg[2..equals]] = arg[(equals + 1)..];
        }

        return settings;
    }
}
