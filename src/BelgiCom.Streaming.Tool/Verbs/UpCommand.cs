using System.CommandLine;
using BelgiCom.Streaming.Hosting;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>up</c>: the same chain as <c>run</c>, but it stays up until Ctrl-C or SIGTERM, with a watched inbox, a status page, metrics and
/// health.
/// </summary>
internal static class UpCommand
{
    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<string?> inbox = new("--inbox")
        {
            Description =
                "Watched folder of usage files; made when missing. Default: inbox in the data folder, which only its owner can enter: name "
                + "a folder elsewhere when other users write to it. Write as NAME.tmp, then rename.",
        };
        Option<string?> http = new("--http")
        {
            Description = "HOST:PORT of the status page. Default 127.0.0.1:8080, or a free port when that is taken.",
        };
        Option<string?> catalogue = CommonOptions.Catalogue();
        Option<string?> subscriptions = CommonOptions.Subscriptions();
        Command command = new(
            "up", "The main job, staying up: watched inbox, status page, metrics, health.") { data, inbox, http, catalogue, subscriptions };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetRequiredValue(data),
            result.GetValue(inbox),
            result.GetValue(http),
            result.GetValue(catalogue),
            result.GetValue(subscriptions),
            cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(
        string data, string? inbox, string? http, string? catalogue, string? subscriptions, CancellationToken cancellationToken)
    {
        ReferenceData reference = ReferenceData.Read(catalogue, subscriptions);
        using DataFolder folder = DataFolder.Open(data);
        string inboxFolder = Directory.CreateDirectory(inbox ?? folder.Inbox).FullName;
        using RecentProblems problems = new();
        StatusPage status = new(problems, inboxFolder);

        await using Pipeline pipeline = await Pipeline.StartAsync(
            folder, reference, Settings(inboxFolder, http), builder => builder.Logging.AddProvider(problems), status.Map,
            cancellationToken);
        await Console.Error.WriteLineAsync($"{pipeline.Broker}; inbox {inboxFolder}; status page {pipeline.App.Urls.First()}/");
        await status.FollowAsync(pipeline, cancellationToken);
        await Console.Error.WriteLineAsync("stopping: every worker finishes its batch");
        return WorkerHost.ExitDone;
    }

    private static Dictionary<string, string?> Settings(string inbox, string? http)
    {
        Dictionary<string, string?> settings = new()
        {
            // Numbered after the sources that the environment configures, whose numbers start at 0.
            ["Adapters:Sources:9999:Name"] = "inbox",
            ["Adapters:Sources:9999:Inbox"] = inbox,
            ["Adapters:Sources:9999:Detect"] = "true",
        };
        if (http is not null)
        {
            settings["Http:Url"] = $"http://{http}";
        }

        return settings;
    }
}
