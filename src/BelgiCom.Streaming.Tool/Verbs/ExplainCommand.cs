using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>explain</c>: why usage has its amount, or why it has none and what to do.</summary>
internal static class ExplainCommand
{
    public static Command Create() => Create(
        "explain",
        "Show why usage has its amount: file and record, version, zone, price, each part as arithmetic, bundles, and the sum, which "
        + "must equal what is stored; of usage without a price, why and what to do.",
        onlyUnrated: false);

    /// <summary><c>suspense show</c>: the same of usage that was not rated.</summary>
    public static Command CreateShow() => Create(
        "show",
        "Show usage that waits: what it says, why it waits, what it needs, what recycling would do now, and of a conflict both "
        + "contents. Exit code 3 while it waits.",
        onlyUnrated: true);

    private static Command Create(string name, string description, bool onlyUnrated)
    {
        Argument<string> id = new("ID") { Description = "Id of the usage, 32 hexadecimal digits." };
        (Option<string> data, Option<bool> json) = (CommonOptions.Data(), CommonOptions.Json());
        Command command = new(name, description) { id, data, json };
        command.SetAction((result, cancellationToken) => ExecuteAsync(
            result.GetRequiredValue(id), result.GetRequiredValue(data), onlyUnrated, result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> ExecuteAsync(string text, string data, bool onlyUnrated, bool json, CancellationToken cancellationToken)
    {
        UsageId id = SuspenseFilter.UsageIdOf(text);
        using DataFolder folder = DataFolder.Open(data);
        WebApplicationBuilder builder = ToolDefaults.Builder(folder, new Dictionary<string, string?>());
        await using EmbeddedDefault embedded = await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
        KafkaRoles kafka = KafkaRoles.Of(builder);
        BillingOptions billing = builder.AddValidatedOptions<BillingOptions>(BillingOptions.Section);
        SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
        builder.ThrowOnFaults();
        using SchemaRegistryClient registry = new(options);
        using TopicReader reader = new(kafka.Clients, kafka.Consumer, TimeProvider.System);
        using BillingLedger ledger = BillingLedger.Open(billing, TimeProvider.System);
        UsageSearch search = await SearchAsync(reader, registry, cancellationToken);
        BilledUsage? billed = ledger.Find(id);
        LedgerPlace? line = ledger.FindLine(id);
        RatedExplanation? rated = null;
        if (line is not null && !onlyUnrated)
        {
            rated = search.Rated(id, line, cancellationToken);
        }

        IReadOnlyList<UnratedUsage> unrated = search.Unrated(id, rated?.Usage.Partition, cancellationToken);

        // Usage that waits is not rated. Other usage without a line in the ledger may be free of charge; it is somewhere on the topic.
        bool onlyWaits = unrated.Count > 0 && unrated.All(one => one.Waits && one.Outcome != RejectedOutcome.Conflict);
        if (line is null && !onlyUnrated && !onlyWaits)
        {
            rated = search.Rated(id, line, cancellationToken);
        }

        rated = rated is null ? null : rated with { Line = line, Reached = ReachedBy(rated.Usage, ledger) };
        CorrectionChain? chain = onlyUnrated ? null : CorrectionChain.Of(
            id, ledger, (one, place) => one == id ? rated : search.Rated(one, place, cancellationToken));
        if (rated is null && unrated.Count == 0)
        {
            if (billed is null && chain is not null)
            {
                Answer.Print(json, new { usageId = text, waits = false, corrected = chain.ToJson() }, [.. chain.Text()]);
                return WorkerHost.ExitDone;
            }

            return billed is null || onlyUnrated
                ? throw new ToolException(WorkerHost.ExitConfiguration, NotFound(text, isBilled: billed is not null))
                : PrintBilled(text, billed, chain, json);
        }

        bool decided = unrated.Any(one => one.Outcome is RejectedOutcome.Recycled or RejectedOutcome.Discarded);
        bool waits = !decided && unrated.Any(one => one.Waits);
        ConflictingUsage? conflict = onlyUnrated && unrated.Any(one => one.Outcome == RejectedOutcome.Conflict)
            ? await ConflictAsync(id, kafka, registry, ledger, cancellationToken)
            : null;
        Answer.Print(
            json,
            new
            {
                usageId = text,
                rated = rated?.ToJson(),
                notRated = unrated,
                waits,
                differences = conflict?.Differences,
                conflict?.First,
                corrected = chain?.ToJson(),
            },
            [.. unrated.SelectMany(Lines), .. Lines(conflict), .. rated?.Lines() ?? [], .. chain?.Text() ?? []]);
        return rated is { Agrees: false } ? WorkerHost.ExitFailed : waits ? WorkerHost.ExitMoneyWaits : WorkerHost.ExitDone;
    }

    /// <summary>What the ledger proves to have been sent because of the event.</summary>
    private static IReadOnlyList<NotificationRecord> ReachedBy(RatedUsage usage, BillingLedger ledger) =>
    [
        .. ledger.Notifications(new NotificationFilter(usage.Account, [], null, null), int.MaxValue)
            .Where(record => record.Notification.UsageId == usage.UsageId),
    ];

    private static async Task<UsageSearch> SearchAsync(TopicReader reader, ISchemaRegistry registry, CancellationToken stopping)
    {
        PublishedReference reference = new(
            reader,
            await EventTopic.OpenAsync<OfferingVersion>(Topics.CatalogueTariffs, registry, stopping),
            await EventTopic.OpenAsync<Subscription>(Topics.CustomerSubscriptions, registry, stopping),
            stopping);
        return new UsageSearch(
            reader,
            await EventTopic.OpenAsync<UsageReceivedView>(Topics.UsageReceived, registry, stopping),
            await EventTopic.OpenAsync<UsageRatedView>(Topics.UsageRated, registry, stopping),
            await EventTopic.OpenAsync<UsageRejectedView>(Topics.UsageRejected, registry, stopping),
            reference);
    }

    private static async Task<ConflictingUsage?> ConflictAsync(
        UsageId id, KafkaRoles kafka, ISchemaRegistry registry, BillingLedger ledger, CancellationToken cancellationToken)
    {
        using Suspense suspense = await Suspense.OpenAsync(kafka, registry, cancellationToken);
        SuspenseFilter filter = new() { UsageIds = new HashSet<UsageId> { id } };
        return suspense.List(filter, ledger.Conflicts(), cancellationToken).Conflicts
            .Select(conflict => SuspenseCommand.WithFirst(conflict, ledger, suspense, cancellationToken))
            .FirstOrDefault();
    }

    private static IEnumerable<string> Lines(UnratedUsage usage)
    {
        yield return $"{SuspenseFilter.NameOf(usage.Outcome)} for {SuspenseFilter.NameOf(usage.Reason)}, {usage.Place}";
        if (usage.Detail.Length > 0)
        {
            yield return $"  {(usage.Waits ? "needs" : "said ")}  {usage.Detail}";
        }

        if (usage.Content is { } content)
        {
            yield return $"  from   {content.Place}, source {content.Source}";
            yield return $"  says   {string.Join(", ", content.Words())}";
        }
        else if (usage.Outcome is not (RejectedOutcome.Recycled or RejectedOutcome.Discarded))
        {
            yield return "  says   what cannot be read: its schema is not known, or it was too long to be kept whole";
        }

        if (usage.Now is { } now)
        {
            yield return $"  now    {now}; belgicom suspense recycle --usage-id ID does that";
        }
    }

    private static IEnumerable<string> Lines(ConflictingUsage? conflict)
    {
        if (conflict is null)
        {
            yield break;
        }

        yield return $"  first  {conflict.First?.Place ?? "what was charged first is not billed, or is older than the topic keeps"}";
        yield return $"  other  {(conflict.Differences.Count > 0 ? string.Join("; ", conflict.Differences) : "differences are not known")}";
    }

    /// <summary>What the ledger's line says, where the topics no longer keep the usage.</summary>
    private static int PrintBilled(string id, BilledUsage billed, CorrectionChain? chain, bool json)
    {
        Answer.Print(
            json,
            new { usageId = id, billed = billed with { Received = default }, waits = false, corrected = chain?.ToJson() },
            [
                $"usage     {id}, {billed.Kind.ToLowerInvariant()} of {billed.EventTime} UTC",
                Words($"from      {billed.File}, record {billed.RecordIndex}, source {billed.Source}"),
                $"topic     {Topics.UsageReceived}[{billed.Received.Partition}]@{billed.Received.Offset}",
                $"account   {billed.Account}",
                Words($"offering  {billed.Offering}, version {billed.Version}"),
                Words($"units     {billed.ChargedUnits:N0} charged, of which {billed.BundleUnits:N0} in bundles"),
                Words($"sum       {billed.Amount:0.000000000} {billed.Currency} {(billed.PriceBasis == "GROSS" ? "with" : "without")} VAT"),
                "The topics no longer keep this usage, so its parts are not known; belgicom retention find has its archived record.",
                .. chain?.Text() ?? [],
            ]);
        return WorkerHost.ExitDone;
    }

    private static string NotFound(string id, bool isBilled) => isBilled
        ? $"usage {id} is billed and does not wait: see belgicom explain {id}"
        : $"the topics and the ledger have no usage {id}: it has 32 hexadecimal digits, as belgicom simulate, suspense list and the ledger "
            + "show it; look at the data folder (--data) or brokers that were named";

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
