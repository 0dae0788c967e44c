using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>subscriptions</c>: publishes which account pays for which subscriber, and what the customer chose for limits, to
/// Kafka__BootstrapServers.
/// </summary>
internal static class SubscriptionsCommand
{
    public static Command Create() => new("subscriptions", "Publish who pays for which subscriber, and what customers choose.")
    {
        Load(), Choose(),
    };

    private static Command Load()
    {
        Argument<string> file = new("file")
        {
            Description = "CSV with the header msisdn,imsi,account,offering,validFrom,validTo (and addOnTo), or JSON lines with the same "
                + "names, and limits.",
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

    private static Command Choose()
    {
        Argument<string> limit = new("limit")
        {
            Description = "Id of the limit: eu-roaming, eu-roaming-2, be-domestic, or one of the catalogue.",
        };
        Option<string> numbers = new("--numbers")
        {
            Required = true,
            Description = "File with the customer's numbers, one a line, or - for standard input.",
        };
        Option<decimal?> amount = new("--amount") { Description = "Another amount, on the limit's own basis." };
        Option<bool> optOut = new("--opt-out") { Description = "No limit." };
        Option<bool> agree = new("--agree") { Description = "The customer agrees to go on, to a limit after another one, for this month." };
        Option<DateTimeOffset?> from = new("--from")
        {
            Description = "First instant at which it holds. Default: now.",
            CustomParser = CommonOptions.Instant,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("choose", "Enter what a customer chose for a spending limit; free of charge, and at once.")
        {
            limit, numbers, amount, optOut, agree, from, json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            decimal? chosen = result.GetValue(amount);
            bool optsOut = result.GetValue(optOut);
            if ((chosen is null ? 0 : 1) + (optsOut ? 1 : 0) + (result.GetValue(agree) ? 1 : 0) != 1 || chosen < 0)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, "give one of --amount (0 or more), --opt-out and --agree");
            }

            LimitChoice choice = new()
            {
                Limit = result.GetRequiredValue(limit),
                From = DateTimeOffset.FromUnixTimeMilliseconds(
                    (result.GetValue(from) ?? TimeProvider.System.GetUtcNow()).ToUnixTimeMilliseconds()),
                InForce = !optsOut,
                Amount = chosen,
            };
            SubscriberNumbers person = SubscriberNumbers.Read(result.GetRequiredValue(numbers));
            using Publishing publishing = await ToolSettings.PublishingAsync();
            await publishing.Reference.ChooseAsync(person, choice, cancellationToken);
            Answer.Print(
                result.GetValue(json), new { choice.Limit, choice.From, choice.InForce, choice.Amount },
                $"{choice.Limit} holds as chosen from {choice.From:yyyy-MM-dd HH:mm:ss} UTC on");
            return WorkerHost.ExitDone;
        });
        return command;
    }
}
