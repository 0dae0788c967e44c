using BelgiCom.Streaming.LocalKafka;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>What answers as Kafka.</summary>
public enum BrokerKind
{
    /// <summary>LocalKafka in the test's own process.</summary>
    Embedded,

    /// <summary>LocalKafka in a process of its own.</summary>
    EmbeddedProcess,

    /// <summary>The Apache Kafka that KAFKA_HOME names, a process of its own.</summary>
    KafkaHome,

    /// <summary>Apache Kafka's own image, where a container engine answers.</summary>
    Container,
}

/// <summary>
/// A broker for tests, empty at its start. It does what Kafka does, only sooner: sessions and transactions may time out as soon as a test
/// asks for it, and cleaning comes at once.
/// </summary>
public abstract class TestBroker : IAsyncDisposable
{
    /// <summary>
    /// The trait of tests that need a server that is not ours: <c>--filter-trait "Server=Real"</c> runs them and nothing that ran without.
    /// </summary>
    public const string Trait = "Server";

    /// <summary>The trait's value.</summary>
    public const string Real = "Real";

    /// <summary>Environment variable that chooses: "embedded" (the default), "kafka-home" or "container".</summary>
    public const string Variable = "BELGICOM_TEST_BROKER";

    /// <summary>What LocalKafka does by itself, as settings of Apache Kafka.</summary>
    private protected static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["group.min.session.timeout.ms"] = "100",
        ["transaction.abort.timed.out.transaction.cleanup.interval.ms"] = "500",
        ["log.retention.check.interval.ms"] = "200",
        ["log.cleaner.backoff.ms"] = "200",
        ["log.initial.task.delay.ms"] = "200",
        ["log.segment.delete.delay.ms"] = "0",
    };

    /// <summary>What clients take as bootstrap.servers; the same for the life of the broker, restarts included.</summary>
    public abstract string BootstrapServers { get; }

    /// <summary>The kind that the environment chooses. The broker is a process of its own when the test kills or stops it.</summary>
    public static BrokerKind Chosen(bool asProcess = false) => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "embedded" => asProcess ? BrokerKind.EmbeddedProcess : BrokerKind.Embedded,
        "kafka-home" => BrokerKind.KafkaHome,
        "container" => BrokerKind.Container,
        string other => throw new ArgumentException($"{Variable} is '{other}'; it must be 'embedded', 'kafka-home' or 'container'."),
    };

    /// <summary>Starts a broker; skips the test, saying why, where this kind is not to be had.</summary>
    public static async Task<TestBroker> StartAsync(BrokerKind kind)
    {
        switch (kind)
        {
            case BrokerKind.Embedded:
                return await EmbeddedBroker.StartAsync();
            case BrokerKind.EmbeddedProcess:
                return await EmbeddedProcessBroker.StartAsync();
            case BrokerKind.KafkaHome:
                return await ApacheKafkaBroker.StartAsync(KafkaHome());
            default:
                return await ContainerBroker.StartAsync();
        }
    }

    /// <summary>Starts the chosen broker so that it can be killed and stopped.</summary>
    public static async Task<ProcessBroker> StartChosenProcessAsync()
    {
        BrokerKind kind = Chosen(asProcess: true);
        Assert.SkipWhen(kind == BrokerKind.Container, ProcessBroker.NoContainer);
        return (ProcessBroker)await StartAsync(kind);
    }

    /// <summary>The folder of Apache Kafka; skips the test where the variable is not set.</summary>
    public static string KafkaHome()
    {
        string? home = Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(home), $"{KafkaHomeBroker.Variable} is not set: no Apache Kafka to test on");
        return home;
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>A broker that is a process of its own.</summary>
public abstract class ProcessBroker : TestBroker
{
    /// <summary>Why a container is no such broker.</summary>
    public const string NoContainer = "a container comes back on another port";

    /// <summary>kill -9.</summary>
    public abstract Task KillAsync();

    /// <summary>An orderly stop.</summary>
    public abstract Task StopAsync();

    /// <summary>A start on the same data and port, after the process has ended.</summary>
    public abstract Task StartAgainAsync();

    public async Task KillAndStartAgainAsync()
    {
        await KillAsync();
        await StartAgainAsync();
    }

    public async Task StopAndStartAgainAsync()
    {
        await StopAsync();
        await StartAgainAsync();
    }

    /// <summary>SIGSTOP.</summary>
    public abstract void Freeze();

    /// <summary>SIGCONT.</summary>
    public abstract void Thaw();
}
