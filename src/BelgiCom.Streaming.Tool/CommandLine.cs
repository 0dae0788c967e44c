using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>The verbs of <c>belgicom</c>, and how each of their errors is reported.</summary>
internal static class CommandLine
{
    /// <summary>Runs one verb.</summary>
    /// <returns>0 done, 1 usage or configuration, 2 failed.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        // The arguments after this verb are for the other program to read.
        if (args is [BenchCommand.Name, .. string[] rest] && await BenchCommand.TryRunAsync(rest) is { } exitCode)
        {
            return exitCode;
        }

        RootCommand root = new("belgicom: charging records of the network become billed lines, on Kafka. Start with: belgicom run")
        {
            RunCommand.Create(),
            UpCommand.Create(),
            GenerateCommand.Create(),
            BenchCommand.Create(),
            FilesCommand.Create(),
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
    /// <returns>0 done, 1 usage or configuration, 2 failed.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        bool json = args.Contains("--json");
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // After Ctrl-C or SIGTERM, the process has as long as a worker may take to finish its batch.
                ProcessTerminationTimeout = WorkerHost.DrainMax,
            });
        }
        catch (ConfigurationFaultException exception)
        {
            return Fail(WorkerHost.ExitConfiguration, exception.Faults, json);
        }
        catch (InputFaultException exception)
        {
            return Fail(WorkerHost.ExitConfiguration, [.. exception.Faults.Select(fault => fault.ToString())], json);
        }
        catch (ToolException exception)
        {
            return Fail(exception.ExitCode, [exception.Message], json);
        }
        catch (OperationCanceledException)
        {
            return Fail(
                WorkerHost.ExitFailed, ["stopped before the end; start again with the same --data to go on where it stopped"], json);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Fail(WorkerHost.ExitFailed, [$"{exception.GetType().Name}: {exception.Message}"], json);
        }
    }

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
