using BelgiCom.Streaming.LocalKafka;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// A broker for one test, empty at its start. BELGICOM_TEST_BROKER chooses: "embedded" (the default), or "kafka-home", the Apache Kafka of
/// KAFKA_HOME.
/// </summary>
internal abstract class FaultBroker : IAsyncDisposable
{
    private const string Variable = "BELGICOM_TEST_BROKER";

    /// <summary>What clients take as bootstrap.servers; the same for the life of the broker, restarts included.</summary>
    public abstract string BootstrapServers { get; }

    /// <summary>Starts the chosen broker; the embedded one in this process.</summary>
    public static Task<FaultBroker> StartChosenAsync(string folder) => ChooseAsync(folder, ownProcess: false);

    /// <summary>Starts the chosen broker in a process of its own, so that it can be killed and stopped.</summary>
    public static async Task<ProcessBroker> StartProcessAsync(string folder) => (ProcessBroker)await ChooseAsync(folder, ownProcess: true);

    public abstract ValueTask DisposeAsync();

    private static async Task<FaultBroker> ChooseAsync(string folder, bool ownProcess)
    {
        string choice = Environment.GetEnvironmentVariable(Variable) ?? "embedded";
        string? home = Environment.GetEnvironmentVariable(KafkaHomeBroker.Variable);
        switch (choice)
        {
            case "embedded" when ownProcess:
                return await EmbeddedProcessBroker.StartAsync(folder);
            case "embedded":
                return new EmbeddedBroker(await LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = folder }));
            case "kafka-home":
                Assert.SkipWhen(string.IsNullOrEmpty(home), $"{Variable}=kafka-home needs {KafkaHomeBroker.Variable}.");
                return await ApacheKafkaBroker.StartAsync(home!, folder);
            default:
                throw new ArgumentException($"{Variable} is '{choice}'; it must be 'embedded' or 'kafka-home'.");
        }
    }

    private sealed class EmbeddedBroker(LocalKafkaBroker broker) : FaultBroker
    {
        public override string BootstrapServers => broker.BootstrapServers;

        public override ValueTask DisposeAsync() => broker.DisposeAsync();
    }
}

/// <summary>A broker that is a process of its own.</summary>
internal abstract class ProcessBroker : FaultBroker
{
    /// <summary>kill -9, then a start on the same data and port.</summary>
    public abstract Task KillAndRestartAsync();

    /// <summary>An orderly stop, then a start on the same data and port.</summary>
    public abstract Task RestartAsync();

    /// <summary>SIGSTOP.</summary>
    public abstract void Freeze();

    /// <summary>SIGCONT.</summary>
    public abstract void Thaw();
}
