using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Hosting;
using Microsoft.AspNetCore.Builder;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>balance</c>: tops up, adjusts and transfers prepaid money, and shows what a subscriber has. It is a client of the rating worker's
/// balance door: only the lane that owns a subscriber may change its money, and only the door knows who may ask.
/// </summary>
internal static class BalanceCommand
{
    private const string Root = "/tmf-api/prepayBalanceManagement/v4/";
    private const string UrlSetting = "Rating:Balances:Url";

    // More than partitions move while one request is under way.
    private const int MostHops = 5;

    private static readonly string[] Operations = ["topupBalance", "adjustBalance", "transferBalance"];

    public static Command Create() => new("balance", "Top up, adjust and transfer prepaid money; show what a subscriber has.")
    {
        TopUp(), Adjust(), Transfer(), Show(), Journal(),
    };

    private static Command TopUp()
    {
        (Argument<string> subscriber, Argument<string> amount, OrderOptions order) = (Subscriber(), Amount(), new OrderOptions());
        Command command = new("topup", "Add money. Only an offering that is paid before use (prePaid) takes it.") { subscriber, amount };
        order.AddTo(command);
        command.SetAction((result, stopping) => order.SendAsync(
            result, "topupBalance", Body(result.GetRequiredValue(subscriber)), result.GetRequiredValue(amount), stopping));
        return command;
    }

    private static Command Adjust()
    {
        (Argument<string> subscriber, Argument<string> amount, OrderOptions order) = (Subscriber(), Amount(), new OrderOptions());
        Command command = new("adjust", "Credit an amount above 0, or debit one below 0, with a reason (--reason).") { subscriber, amount };
        order.AddTo(command);
        command.SetAction((result, stopping) => order.SendAsync(
            result, "adjustBalance", Body(result.GetRequiredValue(subscriber)), result.GetRequiredValue(amount), stopping));
        return command;
    }

    private static Command Transfer()
    {
        (Argument<string> subscriber, Argument<string> amount, OrderOptions order) = (Subscriber(), Amount(), new OrderOptions());
        Argument<string> receiver = new("receiver") { Description = "Who gets it: MSISDN, 'imsi-' and the IMSI, or a reference." };
        Command command = new("transfer", "Send money from one subscriber to another one.") { subscriber, receiver, amount };
        order.AddTo(command);
        command.SetAction((result, stopping) =>
        {
            JsonObject body = Body(result.GetRequiredValue(subscriber));
            body["receiverLogicalResource"] = new JsonObject { ["id"] = result.GetRequiredValue(receiver) };
            return order.SendAsync(result, "transferBalance", body, result.GetRequiredValue(amount), stopping);
        });
        return command;
    }

    private static Command Show()
    {
        (Argument<string> subscriber, AskOptions door) = (Subscriber(), new AskOptions());
        Command command = new("show", "Show money, bundles, and what is left of each limit.") { subscriber };
        door.AddTo(command);
        command.SetAction(async (result, stopping) =>
        {
            JsonArray buckets = (await door.AskAsync(result, Query("bucket", result.GetRequiredValue(subscriber)), stopping)).AsArray();
            Table table = NewTable("Bucket", "Left", "Held", "Used", "Granted or limit", "Until");
            foreach (JsonNode? bucket in buckets)
            {
                table.AddRow(
                    Text(bucket!["name"]), Quantity(bucket["remainingValue"]), Quantity(bucket["reservedValue"]),
                    Quantity(bucket["usedValue"]), Quantity(bucket["grantedValue"] ?? bucket["limitValue"]),
                    Text(bucket["validFor"]?["endDateTime"]));
            }

            Answer.Print(result.GetValue(door.Json), new JsonObject { ["buckets"] = buckets.DeepClone() }, [table]);
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command Journal()
    {
        (Argument<string> subscriber, AskOptions door) = (Subscriber(), new AskOptions());
        Command command = new(
            "journal",
            "Show the top-ups, adjustments and transfers of a subscriber that the worker remembers (Rating:Balances:RepeatDays).")
        {
            subscriber,
        };
        door.AddTo(command);
        command.SetAction(async (result, stopping) =>
        {
            List<JsonNode> all = [];
            foreach (string resource in Operations)
            {
                JsonNode some = await door.AskAsync(result, Query(resource, result.GetRequiredValue(subscriber)), stopping);
                all.AddRange(some.AsArray().Select(one => one!.DeepClone()));
            }

            all.Sort((one, other) => string.CompareOrdinal(Text(one["confirmationDate"]), Text(other["confirmationDate"])));
            Table table = NewTable("When", "What", "Status", "Amount", "Before", "After", "Client", "Reason");
            foreach (JsonNode one in all)
            {
                table.AddRow(
                    Text(one["confirmationDate"]), Text(one["kind"]), Text(one["status"]), Quantity(one["amount"]),
                    Quantity(one["balanceBefore"]), Quantity(one["balanceAfter"]), Text(one["requestor"]?["id"]), Text(one["reason"]));
            }

            Answer.Print(result.GetValue(door.Json), new JsonObject { ["operations"] = new JsonArray([.. all]) }, [table]);
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Argument<string> Subscriber() =>
        new("subscriber") { Description = "Whose money: MSISDN, 'imsi-' and the IMSI, or a reference." };

    private static Argument<string> Amount() => new("amount") { Description = "How much, in units of the currency, for example 12.50." };

    private static JsonObject Body(string subscriber) => new()
    {
        ["logicalResource"] = new JsonArray(new JsonObject { ["id"] = subscriber }),
    };

    private static string Query(string resource, string subscriber) =>
        $"{resource}?logicalResource.id={Uri.EscapeDataString(subscriber)}";

    private static string Text(JsonNode? node) => Markup.Escape((string?)node ?? "");

    private static string Quantity(JsonNode? quantity) => quantity is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{(decimal)quantity["amount"]!} {(string)quantity["units"]!}");

    private static Table NewTable(params string[] columns)
    {
        Table table = new();
        table.AddColumns(columns);
        return table;
    }

    /// <summary>Where the door is, and who asks.</summary>
    private class AskOptions
    {
        private readonly Option<string?> _url = new("--url")
        {
            Description = $"Address of the balance door. Default: the setting {UrlSetting}.",
        };

        private readonly Option<string> _token = new("--token-file") { Description = "File with the client's token.", Required = true };

        public Option<bool> Json { get; } = CommonOptions.Json();

        public virtual void AddTo(Command command)
        {
            command.Options.Add(_url);
            command.Options.Add(_token);
            command.Options.Add(Json);
        }

        public Task<JsonNode> AskAsync(ParseResult result, string path, CancellationToken stopping) =>
            AskAsync(result, path, body: null, id: null, stopping);

        protected async Task<JsonNode> AskAsync(ParseResult result, string path, string? body, string? id, CancellationToken stopping)
        {
            WebApplicationBuilder builder = WorkerHost.CreateBuilder("belgicom", LogReader.Person, new Dictionary<string, string?>());
            string? url = result.GetValue(_url) ?? builder.Configuration[UrlSetting];
            string file = result.GetRequiredValue(_token);
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? door) || door.Scheme is not ("http" or "https") || door.Port == 0)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, $"say with --url, or {UrlSetting}, where the rating worker answers about balances");
            }

            if (!File.Exists(file))
            {
                throw new ToolException(WorkerHost.ExitConfiguration, $"there is no token file '{file}'");
            }

            string token = (await File.ReadAllTextAsync(file, stopping)).Trim();

            // The stock client would leave the token behind when it is sent on to the worker that owns the subscriber.
            using HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
            try
            {
                using HttpResponseMessage response = await SendAsync(http, new Uri(door, Root + path), token, body, id, stopping);
                JsonNode? answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(stopping));
                return response.IsSuccessStatusCode && answer is not null
                    ? answer
                    : throw new ToolException(
                        response.StatusCode < HttpStatusCode.InternalServerError ? WorkerHost.ExitConfiguration : WorkerHost.ExitFailed,
                        $"{(string?)answer?["cause"]}: {(string?)answer?["detail"]}");
            }
            catch (Exception failure) when (failure is HttpRequestException or JsonException
                || (failure is TaskCanceledException && !stopping.IsCancellationRequested))
            {
                throw new ToolException(
                    WorkerHost.ExitFailed, $"{door} does not answer as a balance door ({failure.GetType().Name}): is the worker running?");
            }
        }

        /// <summary>
        /// Sends a request, also to the workers to which it is sent on, which share the token, but never from https to http.
        /// </summary>
        private static async Task<HttpResponseMessage> SendAsync(
            HttpClient http, Uri to, string token, string? body, string? id, CancellationToken stopping)
        {
            for (int hops = 0; ; hops++)
            {
                using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, to);
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
                if (body is not null)
                {
                    request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                    request.Headers.TryAddWithoutValidation("Idempotency-Key", id);
                }

                HttpResponseMessage response = await http.SendAsync(request, stopping);
                if (hops >= MostHops || response.StatusCode != HttpStatusCode.TemporaryRedirect
                    || response.Headers.Location is not { IsAbsoluteUri: true } on || on.Scheme != to.Scheme)
                {
                    return response;
                }

                response.Dispose();
                to = on;
            }
        }
    }

    /// <summary>What all changes have beside.</summary>
    private sealed class OrderOptions : AskOptions
    {
        private readonly Option<string> _currency = new("--currency")
        {
            Description = "ISO 4217 code of the amount.",
            DefaultValueFactory = _ => "EUR",
        };

        private readonly Option<string?> _reason = new("--reason")
        {
            Description = "Why: a code of letters, digits, '-', '_' and '.', which the journal keeps. Never personal data.",
        };

        private readonly Option<string?> _id = new("--id")
        {
            Description = "Name of this request; the same one again changes nothing. Default: a new one, which is shown.",
        };

        public override void AddTo(Command command)
        {
            command.Options.Add(_currency);
            command.Options.Add(_reason);
            command.Options.Add(_id);
            base.AddTo(command);
        }

        public async Task<int> SendAsync(ParseResult result, string resource, JsonObject body, string amount, CancellationToken stopping)
        {
            if (!decimal.TryParse(
                amount, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                throw new ToolException(WorkerHost.ExitConfiguration, "the amount is a decimal number, for example 12.50");
            }

            body["amount"] = new JsonObject { ["amount"] = number, ["units"] = result.GetRequiredValue(_currency) };
            if (result.GetValue(_reason) is { } reason)
            {
                body["reason"] = reason;
            }

            // Said before it is sent: who gets no answer must ask with the same one.
            string id = result.GetValue(_id) ?? Guid.NewGuid().ToString();
            await Console.Error.WriteLineAsync($"request {id} (ask again with --id {id})");
            JsonNode answer = await AskAsync(result, resource, body.ToJsonString(), id, stopping);
            Answer.Print(
                result.GetValue(Json), answer,
                $"{(string)answer["status"]!}: {Quantity(answer["balanceBefore"])} before, {Quantity(answer["balanceAfter"])} after; "
                + $"operation {(string)answer["id"]!}");
            return WorkerHost.ExitDone;
        }
    }
}
