using System.CommandLine;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.LocalKafka;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>broker</c>: the embedded broker and schema registry in a process of their own, for trying workers one by one.</summary>
internal static class BrokerCommand
{
    /// <summary>Name of the option that says how long the first member of a group waits for others.</summary>
    public const string GroupDelay = "--group-initial-rebalance-delay";

    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<int> port = new("--port") { Description = "TCP port of the broker on 127.0.0.1.", DefaultValueFactory = _ => 9092 };
        Option<int> registryPort = new("--registry-port")
        {
            Description = "TCP port of the schema registry on 127.0.0.1.",
            DefaultValueFactory = _ => 8081,
        };
        Option<int> groupDelay = new(GroupDelay)
        {
            Description =
                "Milliseconds for which the first member of a group waits for others (group.initial.rebalance.delay.ms; Apache Kafka's "
                + "default is 3000).",
            DefaultValueFactory = _ => 0,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("broker", "Run the embedded broker and schema registry until Ctrl-C. Development and tests only.")
        {
            data, port, registryPort, groupDelay, json,
        };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetRequiredValue(data),
            result.GetValue(port),
            result.GetValue(registryPort),
            TimeSpan.FromMilliseconds(result.GetValue(groupDelay)),
            result.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(
        string data, int port, int registryPort, TimeSpan groupDelay, bool json, CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        await using LocalKafkaBroker broker = await StartBrokerAsync(folder, port, groupDelay, cancellationToken);
        using KafkaSchemaLog log = await KafkaSchemaLog.OpenAsync(broker.BootstrapServers);
        await using LocalSchemaRegistry registry = await StartRegistryAsync(log, registryPort, cancellationToken);
        await Console.Error.WriteLineAsync(LocalKafkaBroker.Notice);
        Answer.Print(
            json,
            new { bootstrapServers = broker.BootstrapServers, schemaRegistryUrl = registry.Url },
            $"Kafka__BootstrapServers={broker.BootstrapServers}",
            $"SchemaRegistry__Url={registry.Url}");
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return WorkerHost.ExitDone;
    }

    private static async Task<LocalKafkaBroker> StartBrokerAsync(
        DataFolder folder, int port, TimeSpan groupDelay, CancellationToken cancellationToken)
    {
        try
        {
            return await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions
                {
                    DataDirectory = folder.Broker,
                    Port = port,
                    GroupInitialRebalanceDelay = groupDelay,
                    Report = Console.Error.WriteLine,
                },
                cancellationToken);
        }
        catch (LocalKafkaPortInUseException)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"port {port} is taken by another process: stop that one, or choose another with --port (0 takes any free one)");
        }
    }

    private static async Task<LocalSchemaRegistry> StartRegistryAsync(KafkaSchemaLog log, int port, CancellationToken cancellationToken)
    {
        try
        {
            return await LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions { Port = port }, cancellationToken);
        }
        catch (IOException)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"port {port} is taken by another process: stop that one, or choose another with --registry-port (0 takes any free one)");
        }
    }
}
