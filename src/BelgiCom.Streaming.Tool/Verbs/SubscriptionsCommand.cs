using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>subscriptions load</c>: publishes which account pays for which subscriber to Kafka__BootstrapServers.</summary>
internal static class SubscriptionsCommand
{
    public static Command Create() => new("subscriptions", "Publish who pays for which subscriber.") { Load() };

    private static Command Load()
    {
        Argument<string> file = new("file")
        {
            Description = "CSV with the header msisdn,imsi,account,offering,validFrom,validTo, or JSON lines with the same names.",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("load", "Publish what is new or changed; what the file leaves out stays.") { file, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            using Publishing publishing = await ToolSettings.PublishingAsync();
            PublishResult published = await publishing.Reference.PublishAsync(
                result.GetRequiredValue(file), overwrite: true, cancellationToken);
            Answer.Print(
                result.GetValue(json), published,
                $"{published.Written:N0} subscriptions published, {published.Unchanged:N0} were there");
            return WorkerHost.ExitDone;
        });
        return command;
    }
}
