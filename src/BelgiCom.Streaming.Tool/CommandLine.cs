using System.CommandLine;
using System.CommandLine.Invocation;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Tool;

/// <summary>The verbs of <c>belgicom</c>, and how each of their errors is reported.</summary>
internal static class CommandLine
{
    /// <summary>Runs one verb.</summary>
    /// <returns>0 done, 1 usage or configuration, 2 failed, 3 done, but money waits.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        FileMask.MakeOwnerOnly();
        // The arguments after this verb are for the other program to read.
        if (args is [BenchCommand.Name, .. string[] rest] && await BenchCommand.TryRunAsync(rest) is { } exitCode)
        {
            return exitCode;
        }

        RootCommand root = new("belgicom: charging records of the network become billed lines, on Kafka. Start with: belgicom run")
        {
            RunCommand.Create(),
            SimulateCommand.Create(),
            UpCommand.Create(),
            GenerateCommand.Create(),
            BenchCommand.Create(),
            FilesCommand.Create(),
            SourcesCommand.Create(),
            ReconcileCommand.Create(),
            BillCommand.Create(),
            NotificationsCommand.Create(),
            SuspenseCommand.Create(),
            BalanceCommand.Create(),
            RerateCommand.Create(),
            ExplainCommand.Create(),
            CdrCommand.Create(),
            BrokerCommand.Create(),
            TopicsCommand.Create(),
            SchemasCommand.Create(),
            SetupCommand.Create(),
            CatalogueCommand.Create(),
            SubscriptionsCommand.Create(),
            RetentionCommand.Create(),
            AuditCommand.Create(),
        };
        return await RunAsync(root, args);
    }

    /// <summary>Runs a command; an error becomes sentences on standard error and an exit code.</summary>
    /// <returns>0 done, 1 usage or configuration, 2 failed, 3 done, but money waits.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        bool json = args.Contains("--json");
        ParseResult command = root.Parse(args);
        if (json && command.Action is ParseErrorAction)
        {
            return Fail(WorkerHost.ExitConfiguration, [.. command.Errors.Select(error => error.Message)], json);
        }

        try
        {
            return await command.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // After Ctrl-C or SIGTERM, the process has as long as a worker may take to finish its batch.
                ProcessTerminationTimeout = WorkerHost.DrainMax,
            });
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            (int exitCode, IReadOnlyList<string> sentences) = Explain(exception);
            return Fail(exitCode, sentences, json);
        }
    }

    /// <summary>Turns an error into sentences for the person who typed the verb, and an exit code.</summary>
    private static (int ExitCode, IReadOnlyList<string> Sentences) Explain(Exception exception) => exception switch
    {
        ConfigurationFaultException configuration => (WorkerHost.ExitConfiguration, configuration.Faults),
        InputFaultException input => (WorkerHost.ExitConfiguration, [.. input.Faults.Select(fault => fault.ToString())]),
        BillRefusedException bill => (WorkerHost.ExitConfiguration, bill.Reasons),
        ToolException tool => (tool.ExitCode, [tool.Message]),
        ArchiveException { Fault: ArchiveFault.Refused } => (WorkerHost.ExitConfiguration, [exception.Message]),
        ArchiveException or StorageException => (WorkerHost.ExitFailed, [exception.Message]),
        SchemaRegistryException => (WorkerHost.ExitFailed, [$"{exception.Message} (check SchemaRegistry__Url)"]),
        UnauthorizedAccessException =>
            (WorkerHost.ExitConfiguration, [$"{exception.Message} Give user '{Environment.UserName}' the right to."]),
        IOException => (WorkerHost.ExitFailed, [$"{exception.Message.TrimEnd('.')}. Check free space, rights and mounts there."]),
        OperationCanceledException =>
            (WorkerHost.ExitFailed, ["stopped before the end; start again with the same --data to go on where it stopped"]),
        _ => (WorkerHost.ExitFailed, [$"{exception.GetType().Name}: {exception.Message}"]),
    };

    private static int Fail(int exitCode, IReadOnlyList<string> sentences, bool json)
    {
        foreach (string sentence in sentences)
        {
            Console.Error.WriteLine($"belgicom: {sentence}");
        }

        if (json)
        {
            JsonOutput.Write(new { errors = sentences });
        }

        return exitCode;
    }
}
