using System.Globalization;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>Why a rated event has its amount: from the record of the file to the sum.</summary>
internal sealed record RatedExplanation
{
    private readonly Func<string, int?, OfferingVersion?> _versionOf;

    /// <summary>Explains an event.</summary>
    /// <param name="usage">The event as it was rated.</param>
    /// <param name="versionOf">A version of an offering by its number, as the topic has it, or without a number the one in force when the
    /// usage began; null when the topic has it no longer.</param>
    public RatedExplanation(RatedUsage usage, Func<string, int?, OfferingVersion?> versionOf)
    {
        (Usage, _versionOf, Version) = (usage, versionOf, versionOf(usage.Offering, usage.Version));
        Parts = usage.IsZeroRated ? []
            : usage.IsCorrection ? PartArithmetic.OfCorrection(usage, versionOf)
            : usage.Parts.Count == 0 ? [.. ExplainedPart.OfWhole(usage, Price)]
            : PartArithmetic.Of(usage, versionOf);
    }

    /// <summary>The event as it was rated.</summary>
    public RatedUsage Usage { get; }

    /// <summary>The version that it was rated by; null when the topic no longer has it.</summary>
    public OfferingVersion? Version { get; }

    /// <summary>The line of the ledger; null when it has none.</summary>
    public LedgerPlace? Line { get; init; }

    /// <summary>The steps of limits that the event reached, as the ledger has them.</summary>
    public IReadOnlyList<NotificationRecord> Reached { get; init; } = [];

    /// <summary>The parts of the amount, as the catalogue gives them.</summary>
    public IReadOnlyList<ExplainedPart> Parts { get; }

    private OfferingPrice? Price => PriceOf(Usage.PriceIndex);

    /// <summary>What the parts sum up to.</summary>
    public long SumNanos => Parts.Sum(part => part.AmountNanos);

    /// <summary>Whether the catalogue gives the amount, and of an event in one part the units, that are stored.</summary>
    public bool Agrees => SumNanos == Usage.AmountNanos && Parts.All(part => part.Agrees)
        && (UnitsByPrice ?? Usage.ChargedUnits) == Usage.ChargedUnits;

    /// <summary>Parts that could not be computed again and are taken as they are stored.</summary>
    public int NotComputed => Parts.Count(part => !part.IsComputed);

    /// <summary>The measured units after minimum and increment; null where several parts, or nothing known, decide.</summary>
    private long? UnitsByPrice
    {
        get
        {
            if (Usage.IsCorrection)
            {
                return null;
            }

            if (Usage.Parts.Count > 0)
            {
                return PartArithmetic.UnitsOf(Usage, _versionOf, Measure);
            }

            if (Usage.IsZeroRated || Usage.ChargedUnits == 0 || Price is not { } price)
            {
                return null;
            }

            long measured = Math.Max(Measure(price.Unit), price.Minimum);
            return measured % price.Increment == 0 ? measured : measured - (measured % price.Increment) + price.Increment;
        }
    }

    /// <summary>The object of <c>--json</c>.</summary>
    public object ToJson() => new
    {
        usageId = Usage.UsageId.ToString(),
        state = Usage.IsZeroRated ? "zeroRated" : "rated",
        Usage.Account,
        Usage.Kind,
        Usage.Start,
        Usage.Source,
        Usage.File,
        record = Usage.RecordIndex,
        part = Usage.ContainerIndex,
        received = $"{Topics.UsageReceived}[{Usage.ReceivedPartition}]@{Usage.ReceivedOffset}",
        rated = $"{Topics.UsageRated}[{Usage.Partition}]@{Usage.Offset}",
        Usage.Offering,
        Usage.Version,
        Usage.Zone,
        servingNetwork = Usage.ServingPlmn,
        Usage.PriceIndex,
        Usage.ChargedUnits,
        Usage.BundleUnits,
        ledger = Line is null ? null : new { line = LineId(Line), Line.BillClose },
        Usage.LatePolicy,
        bundles = PartArithmetic.Bundles(Usage, _versionOf),
        counters = Counters(),
        reached = Reached.Select(ReachedWords),
        parts = Parts.Select(part => new
        {
            part.Component,
            part.Arithmetic,
            part.Amount,
            stored = ExplainedPart.Money(part.StoredNanos),
            part.IsComputed,
        }),
        sum = ExplainedPart.Money(SumNanos),
        stored = ExplainedPart.Money(Usage.AmountNanos),
        agrees = Agrees,
        partsNotComputed = NotComputed,
        Usage.Currency,
        vat = SimulationAnswer.VatOf(Usage.Basis),
        Usage.VatPermille,
        catalogueKnown = Version is not null,
    };

    /// <summary>The lines for a person; the sum is the last.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"usage     {Usage.UsageId}, {Usage.Kind.ToString().ToLowerInvariant()} of {Time(Usage.Start)}";
        yield return Words($"from      {Usage.File}, record {Usage.RecordIndex}, part {Usage.ContainerIndex}, source {Usage.Source}");
        yield return $"topic     {Topics.UsageReceived}[{Usage.ReceivedPartition}]@{Usage.ReceivedOffset}, rated as "
            + $"{Topics.UsageRated}[{Usage.Partition}]@{Usage.Offset}";
        if (Line is { } line)
        {
            string bill = line.BillClose is { } close ? Words($"on the bill of close {close}") : "on no bill yet";
            yield return $"ledger    line {LineId(line)}, {bill}";
        }

        if (Usage.LatePolicy.Length > 0)
        {
            yield return $"late      charged under the late policy {Usage.LatePolicy}, in the month that begins on "
                + $"{Usage.PeriodStart:yyyy-MM-dd}";
        }

        yield return $"measured  {Measured()}";
        yield return $"account   {Usage.Account}";
        yield return Words($"offering  {Usage.Offering}, version {Usage.Version}")
            + (Version is null ? ": the topic no longer has it, so the amounts are those that are stored"
                : $", in force from {Local.Text(Version.ValidFrom)}");
        yield return $"place     network {Or(Usage.ServingPlmn, "unknown")} is in zone '{Or(Usage.Zone, "none")}'";
        if (Usage.IsZeroRated)
        {
            yield return $"free      {Reason()}";
            yield return $"sum       0.000000000 {Usage.Currency}: usage that is never billed";
            yield break;
        }

        if (Price is { } price)
        {
            yield return $"price     number {Usage.PriceIndex}{(price.Id.Length > 0 ? $" '{price.Id}'" : "")}: {Terms(price)}";
        }

        yield return $"units     {ExplainedPart.Units(Usage.ChargedUnits, Price)} charged, of which "
            + $"{ExplainedPart.Units(Usage.BundleUnits, Price)} in bundles";
        if (Allowance() is { } allowance)
        {
            yield return allowance;
        }

        if (UnitsByPrice is { } units && units != Usage.ChargedUnits)
        {
            yield return $"units     THE PRICE GIVES {ExplainedPart.Units(units, Price)}, not what is stored";
        }

        foreach (string bundle in PartArithmetic.Bundles(Usage, _versionOf))
        {
            yield return $"bundle    {bundle}";
        }

        foreach (ExplainedPart part in Parts)
        {
            yield return $"  {part.Component,-12} {part.Amount,18} {Usage.Currency}   {part.Arithmetic}"
                + (part.Agrees ? "" : $"; STORED IS {ExplainedPart.Money(part.StoredNanos)}");
        }

        foreach (string counter in Counters())
        {
            yield return $"counter   {counter}";
        }

        foreach (NotificationRecord reached in Reached)
        {
            yield return $"reached   {ReachedWords(reached)}";
        }

        yield return Words(
            $"VAT       amounts are {SimulationAnswer.VatOf(Usage.Basis)} VAT; the rate is {Usage.VatPermille / 10m:0.#} %");
        yield return Words($"policy    rounding contract {Usage.RoundingPolicy}: each part exact, rounded once at the 9th decimal")
            + $"";
        if (NotComputed > 0)
        {
            yield return Words($"sum       {NotComputed} of {Parts.Count} parts could not be computed again and are as they are stored");
        }

        yield return SumNanos == Usage.AmountNanos
            ? $"sum       {ExplainedPart.Money(SumNanos)} {Usage.Currency} = stored"
            : $"sum       {ExplainedPart.Money(SumNanos)} {Usage.Currency} DIFFERS FROM WHAT IS STORED: "
                + $"{ExplainedPart.Money(Usage.AmountNanos)} {Usage.Currency}; look at the version's prices and at who rated it";
    }

    private OfferingPrice? PriceOf(int index) =>
        Version is not null && index >= 0 && index < Version.Prices.Count ? Version.Prices[index] : null;

    private long Measure(PriceUnit unit) => unit switch
    {
        PriceUnit.Octet => Usage.TotalOctets,
        PriceUnit.Second => Usage.DurationSeconds,
        _ => Usage.Messages,
    };

    private string Measured() => string.Join(
        ", ",
        new[] { (Usage.TotalOctets, "octets"), (Usage.DurationSeconds, "seconds"), (Usage.Messages, "messages") }
            .Where(measured => measured.Item1 >= 0)
            .Select(measured => Words($"{measured.Item1:N0} {measured.Item2}")));

    private static string Terms(OfferingPrice price)
    {
        List<string> terms = [Words($"{price.UnitPrice:0.#########} per {ExplainedPart.Units(price.UnitSize, price)}")];
        if (price.Model != PriceModel.Unit)
        {
            terms[0] = $"by {price.Model.ToString().ToLowerInvariant()}";
        }

        if (price.Minimum > 0)
        {
            terms.Add($"at least {ExplainedPart.Units(price.Minimum, price)}");
        }

        if (price.Increment > 1)
        {
            terms.Add($"rounded up to whole increments of {ExplainedPart.Units(price.Increment, price)}");
        }

        return string.Join(", ", terms);
    }

    /// <summary>What the bundle that the month's balance counts had left before and after; null where there is none.</summary>
    private string? Allowance()
    {
        long used = Usage.Kind switch
        {
            UsageKind.Data => Usage.BundleOctetsUsed,
            UsageKind.Voice => Usage.BundleSecondsUsed,
            _ => Usage.BundleMessagesUsed,
        };
        Bundle? bundle = Version?.Bundles.FirstOrDefault(one => one.Id.Length == 0 && one.Kind == Usage.Kind);
        return bundle is null || Usage.BundleUnits == 0 || Usage.Parts.Count > 0
            ? null
            : $"bundle    {ExplainedPart.Units(Math.Max(0, bundle.Units - used + Usage.BundleUnits), Price)} left before, "
                + $"{ExplainedPart.Units(Math.Max(0, bundle.Units - used), Price)} after, of {ExplainedPart.Units(bundle.Units, Price)}";
    }

    /// <summary>What the month had spent before and after, and the limits of the version that count it.</summary>
    private IEnumerable<string> Counters()
    {
        if (Usage.AmountNanos == 0)
        {
            yield break;
        }

        yield return $"month from {Usage.PeriodStart:yyyy-MM-dd}: {Spend(Usage.PeriodSpendNanos)}";
        bool isRoamingData = Usage.Kind == UsageKind.Data && Usage.Zone != "home";
        if (isRoamingData)
        {
            yield return $"roaming data of the month: {Spend(Usage.RoamingDataSpendNanos)}";
        }

        // Beside an add-on those of the main offering hold as well, which the event does not name.
        foreach (SpendLimit limit in Version is null ? []
            : Version.AddOnTo.Count > 0 ? SpendLimit.OfAddOn(Version)
            : SpendLimit.Of(Version))
        {
            long? counted = limit.Scope switch
            {
                _ when limit.Measure is { } measure => Usage.Meters.FirstOrDefault(meter => measure.IsCountedBy(meter))?.Nanos,
                SpendScope.All => Usage.PeriodSpendNanos,
                SpendScope.RoamingData when isRoamingData => Usage.RoamingDataSpendNanos,
                _ => null,
            };
            if (counted is { } spend && limit.After.Length == 0)
            {
                // What counts passes alone counts nothing of other usage, and then the event did not change its meter.
                yield return $"limit {limit.Id}, {ExplainedPart.Money(limit.AmountNanos)} {Usage.Currency} "
                    + $"{SimulationAnswer.VatOf(limit.Basis)} VAT where the customer chose none: {Spend(spend)}";
            }
        }
    }

    private string Spend(long after) =>
        $"{ExplainedPart.Money(after - Usage.AmountNanos)} before, {ExplainedPart.Money(after)} {Usage.Currency} after";

    private static string ReachedWords(NotificationRecord record)
    {
        CustomerNotification sent = record.Notification;
        string what = sent.Limit.Length == 0
            ? $"{sent.Kind}"
            : Words($"limit {sent.Limit} of {sent.LimitAmount:0.00#######} at {sent.Permille / 10m:0.#} %: ")
                + $"{sent.Notification} ({sent.Action})";
        return $"{what}, {record.Topic}[{record.Partition}]@{record.Offset}";
    }

    private static string LineId(LedgerPlace line) => Words($"{line.Topic}[{line.Partition}]@{line.Offset}");

    private string Reason() => Usage.ZeroRatedReason switch
    {
        ZeroRatedReason.Tariff => "the price list says that it costs nothing",
        ZeroRatedReason.SecondaryChargingView => "another record of the same traffic is charged",
        ZeroRatedReason.EmptyUsage => "nothing was used",
        _ => Usage.ZeroRatedReason.ToString(),
    };

    private static string Or(string text, string none) => text.Length > 0 ? text : none;

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
