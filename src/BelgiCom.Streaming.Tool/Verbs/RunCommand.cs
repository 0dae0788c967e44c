using System.CommandLine;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>run</c>: the main job, once. It turns files into billed lines and proves that nothing was lost or counted twice.</summary>
internal static class RunCommand
{
    private static readonly Dictionary<string, string?> AnyFreePort = new() { ["Http:Url"] = "http://127.0.0.1:0" };

    public static Command Create()
    {
        Option<string[]> input = new("--input")
        {
            Description = "File or folder of usage, or - for standard input; may be repeated. Default: the samples that ship.",
            DefaultValueFactory = _ => [],
        };
        Option<string?> source = new("--source")
        {
            Description =
                "Source of all inputs. Default: a folder that is called like a source (ericsson, nokia, huawei, or a configured one) "
                + "names it; else it is detected from the content.",
        };
        Option<string?> catalogue = CommonOptions.Catalogue();
        Option<string?> subscriptions = CommonOptions.Subscriptions();
        Option<string> data = CommonOptions.Data();
        Option<bool> json = CommonOptions.Json();
        Command command = new("run", "The main job, once: mediate, rate, archive and bill usage files, then print control totals.")
        {
            input, source, catalogue, subscriptions, data, json,
        };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetRequiredValue(input),
            result.GetValue(source),
            result.GetValue(catalogue),
            result.GetValue(subscriptions),
            result.GetRequiredValue(data),
            result.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(
        string[] inputs, string? source, string? catalogue, string? subscriptions, string data, bool json,
        CancellationToken cancellationToken)
    {
        // Everything that a user can get wrong is checked before anything starts.
        IReadOnlyList<string> files = RunInputs.Find(inputs.Length > 0 ? inputs : [SampleFiles.Usage]);
        using DataFolder folder = DataFolder.Open(data);
        ReferenceData reference = ReferenceData.Read(catalogue, subscriptions ?? SubscriptionsFor(inputs, folder));
        await Console.Error.WriteLineAsync($"data folder {folder.FullPath}");

        await using Pipeline pipeline = await Pipeline.StartAsync(folder, reference, AnyFreePort, _ => { }, _ => { }, cancellationToken);
        FileIntake intake = pipeline.App.Services.GetRequiredService<FileIntake>();
        CheckSource(source, intake.SourceNames);
        await Console.Error.WriteLineAsync($"{pipeline.Broker}; catalogue and subscriptions are loaded");

        MainJob run = new(pipeline, intake, pipeline.App.Services.GetRequiredService<FileLedger>(), files, source);
        await RunProgress.ShowWhileAsync(run.ToTheEndAsync(cancellationToken), run.Step);
        RunReport report = run.Report(folder);
        Answer.Print(json, report.ToJson(), RunReportTable.Tables(report), RunReportTable.Lines(report));
        return report.ExitCode;
    }

    /// <summary>
    /// The subscriptions of a run without <c>--subscriptions</c>: those beside the input; the generator's for usage from standard input;
    /// else those of the samples.
    /// </summary>
    private static string? SubscriptionsFor(string[] inputs, DataFolder folder)
    {
        if (!inputs.Contains(RunInputs.StandardInput))
        {
            return RunInputs.SubscriptionsBeside(inputs);
        }

        GenerateCommand.WriteDefaultSubscriptions(folder.GeneratedSubscriptions);
        return folder.GeneratedSubscriptions;
    }

    private static void CheckSource(string? source, IEnumerable<string> names)
    {
        if (source is not null && !names.Contains(source))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"no source is named '{source}'; there are {string.Join(", ", names)}: configure it (Adapters__Sources__0__Name and so "
                + $"on), or leave --source out to detect the format");
        }
    }
}
