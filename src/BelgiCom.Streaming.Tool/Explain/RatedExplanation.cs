using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>Why a rated event has its amount: from the record of the file to the sum.</summary>
/// <param name="Usage">The event as it was rated.</param>
/// <param name="Version">The version that it was rated by, as the topic has it; null when it no longer does.</param>
internal sealed record RatedExplanation(RatedUsage Usage, OfferingVersion? Version)
{
    private OfferingPrice? Price => PriceOf(Usage.PriceIndex);

    /// <summary>The parts of the amount, as the catalogue gives them.</summary>
    public IReadOnlyList<ExplainedPart> Parts => Usage.IsZeroRated ? []
        : Usage.Parts.Count == 0 ? [.. ExplainedPart.OfWhole(Usage, Price)]
        : [.. Usage.Parts.Select(part => ExplainedPart.Of(part, part.OfferingVersion == Usage.Version ? PriceOf(part.PriceIndex) : null))];

    /// <summary>What the parts sum up to.</summary>
    public long SumNanos => Parts.Sum(part => part.AmountNanos);

    /// <summary>Whether the catalogue gives the amount, and of an event in one part the units, that are stored.</summary>
    public bool Agrees => SumNanos == Usage.AmountNanos && (UnitsByPrice ?? Usage.ChargedUnits) == Usage.ChargedUnits;

    /// <summary>The measured units after minimum and increment; null where several parts, or nothing known, decide.</summary>
    private long? UnitsByPrice
    {
        get
        {
            if (Usage.IsZeroRated || Usage.Parts.Count > 0 || Usage.ChargedUnits == 0 || Price is not { } price)
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
        parts = Parts.Select(part => new { part.Component, part.Arithmetic, part.Amount }),
        sum = ExplainedPart.Money(SumNanos),
        stored = ExplainedPart.Money(Usage.AmountNanos),
        agrees = Agrees,
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

        foreach (ExplainedPart part in Parts)
        {
            yield return $"  {part.Component,-12} {part.Amount,18} {Usage.Currency}   {part.Arithmetic}";
        }

        yield return Words(
            $"VAT       amounts are {SimulationAnswer.VatOf(Usage.Basis)} VAT; the rate is {Usage.VatPermille / 10m:0.#} %");
        yield return Words($"policy    rounding contract {Usage.RoundingPolicy}: each part exact, rounded once at the 9th decimal")
            + $"; spent in the period from {Usage.PeriodStart:yyyy-MM-dd}: {ExplainedPart.Money(Usage.PeriodSpendNanos)} {Usage.Currency}";
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
        return bundle is null || Usage.BundleUnits == 0
            ? null
            : $"bundle    {ExplainedPart.Units(Math.Max(0, bundle.Units - used + Usage.BundleUnits), Price)} left before, "
                + $"{ExplainedPart.Units(Math.Max(0, bundle.Units - used), Price)} after, of {ExplainedPart.Units(bundle.Units, Price)}";
    }

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
