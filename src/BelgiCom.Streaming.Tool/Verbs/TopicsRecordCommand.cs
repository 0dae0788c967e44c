using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>topics record</c>: writes a window of usage.received.v1 into an Avro object container file, for <c>simulate</c>.</summary>
internal static class TopicsRecordCommand
{
    public static Command Create()
    {
        Option<string> output = new("--out")
        {
            Description = "File to write, *.avro; one that is there is replaced when the new one is whole.",
            Required = true,
        };
        Option<string?> topUps = new("--top-ups")
        {
            Description = "Write the top-ups of the window, too, as CSV to this file, which 'simulate --top-ups' takes. Default: none.",
        };
        Option<DateTimeOffset?> from = Instant("--from", "Only usage that the log took then or later, ISO 8601. Default: its beginning.");
        Option<DateTimeOffset?> until = Instant("--until", "Only usage that the log took before. Default: its present end.");
        Option<string> data = CommonOptions.Data();
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "record",
            $"Write a window of {Topics.UsageReceived} into a file that 'simulate --usage' takes. Personal data stays encrypted. "
            + "From Kafka__BootstrapServers, or from the embedded broker of the data folder.")
        {
            output, topUps, from, until, data, json,
        };
        command.SetAction((result, cancellationToken) => RecordAsync(
            result.GetRequiredValue(output), result.GetValue(topUps), result.GetValue(from), result.GetValue(until),
            result.GetRequiredValue(data), result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RecordAsync(
        string output, string? topUps, DateTimeOffset? from, DateTimeOffset? until, string data, bool json,
        CancellationToken cancellationToken)
    {
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        KafkaRoles kafka = KafkaRoles.Of(builder);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.ThrowOnFaults();
        using SchemaRegistryClient registry = new(options);
        EventTopic<UsageReceivedView> topic = await EventTopic.OpenAsync<UsageReceivedView>(
            Topics.UsageReceived, registry, cancellationToken);
        using TopicReader reader = new(kafka.Clients, kafka.Consumer, TimeProvider.System);
        (long written, long unreadable) = UsageRecording.Write(output, reader, topic, from, until, cancellationToken);
        long? made = topUps is null ? null : TopUpsFile.Write(
            topUps, reader,
            await EventTopic.OpenAsync<BalanceOperation>(Topics.BalanceJournal, registry, cancellationToken),
            from, until, cancellationToken);
        Answer.Print(
            json,
            new { file = Path.GetFullPath(output), records = written, unreadable, topUps = made },
            [
                .. made is null ? Array.Empty<string>() : [Words($"{made:N0} top-ups recorded in {topUps}")],
                .. unreadable == 0
                    ? Array.Empty<string>()
                    : [Words($"{unreadable:N0} values of {Topics.UsageReceived} are no usage, and are not in the file")],
                Words($"{written:N0} usage events recorded in {output}; try belgicom simulate --usage {output}"),
            ]);
        return unreadable == 0 ? WorkerHost.ExitDone : WorkerHost.ExitMoneyWaits;
    }

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static Option<DateTimeOffset?> Instant(string name, string description) =>
        new(name) { Description = description, CustomParser = CommonOptions.Instant };
}
