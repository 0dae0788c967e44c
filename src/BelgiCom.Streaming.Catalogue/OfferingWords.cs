using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>One thing that an offering version says, in words for people.</summary>
/// <param name="Subject">What it is about: a price, a bundle, a fee, with its id.</param>
/// <param name="Property">Which of its properties.</param>
/// <param name="Text">What it is.</param>
/// <param name="Amount">For a price, the amount for one unit, by which two can be compared; null otherwise.</param>
public sealed record OfferingStatement(string Subject, string Property, string Text, decimal? Amount = null);

/// <summary>Says what an offering version says in words, for <c>catalogue explain</c> and <c>catalogue diff</c>.</summary>
public static class OfferingWords
{
    private static readonly (string Name, long Factor)[] Octets =
    [
        ("TiB", 1L << 40), ("GB", 1_000_000_000), ("GiB", 1L << 30), ("MB", 1_000_000), ("MiB", 1L << 20), ("kB", 1_000), ("KiB", 1L << 10),
    ];

    private const long SecondsPerDay = 86_400;

    private static readonly (string Name, long Factor)[] Seconds = [("h", 3_600), ("min", 60)];

    /// <summary>All that a version says, in the order of its file.</summary>
    public static IReadOnlyList<OfferingStatement> Of(OfferingEdition edition)
    {
        OfferingVersion version = edition.Published;
        List<OfferingStatement> statements =
        [
            new("offering", "name", version.Name),
            new("offering", "amounts", Basis(version)),
        ];
        if (version.PaymentMethod == PaymentMethod.PrePaid)
        {
            statements.Add(new OfferingStatement("offering", "paid", "before use"));
        }

        if (version.AddOnTo.Count > 0)
        {
            statements.Add(new OfferingStatement("offering", "in addition to", Join(version.AddOnTo)));
        }

        if (version.RoamingDataLimit is { } limit)
        {
            statements.Add(new OfferingStatement("offering", "roaming data limit", $"{Amount(limit)} a month", limit));
        }

        for (int index = 0; index < version.Prices.Count; index++)
        {
            string subject = $"price {NameOf(version, index)}";
            statements.AddRange(
                Price(version.Prices[index]).Select(one => new OfferingStatement(subject, one.Property, one.Text, one.Amount)));
        }

        statements.AddRange(version.Bundles.SelectMany(bundle => Bundle(bundle).Select(
            one => new OfferingStatement($"bundle {(bundle.Id.Length > 0 ? bundle.Id : Kind(bundle.Kind))}", one.Property, one.Text))));
        statements.AddRange(version.TopUps.SelectMany(TopUp));
        foreach ((string property, long units, PriceUnit unit) in new[]
        {
            ("voice", version.QuotaSeconds, PriceUnit.Second), ("data", version.QuotaOctets, PriceUnit.Octet),
            ("valid for", version.QuotaValiditySeconds, PriceUnit.Second),
        })
        {
            if (units > 0)
            {
                statements.Add(new OfferingStatement("quota", property, Units(units, unit)));
            }
        }

        statements.AddRange(Terms(edition.Terms));
        statements.AddRange(version.Zones.Select(zone => new OfferingStatement($"zone {zone.Name}", "networks", Join(zone.Plmns))));
        statements.AddRange(version.Destinations.Select(destination => new OfferingStatement(
            $"destination {destination.Name}", "numbers",
            Join([
                .. destination.Prefixes.Select(prefix => prefix.Length == 0 ? "any other" : $"+{prefix}…"),
                .. destination.ShortNumbers]))));
        statements.AddRange(version.Bands.Select(band => new OfferingStatement($"band {band.Name}", "hours", Hours(band))));
        statements.AddRange(version.Holidays.Select(holiday => new OfferingStatement($"holiday {holiday.Name}", "day", Day(holiday))));
        return statements;
    }

    /// <summary>The name of a price: its id, or what it is for, with a number where two are for the same.</summary>
    public static string NameOf(OfferingVersion version, int index)
    {
        OfferingPrice price = version.Prices[index];
        string name = price.Id.Length > 0 ? price.Id : For(price);
        OfferingPrice[] alike = [.. version.Prices.Where(other => (other.Id.Length > 0 ? other.Id : For(other)) == name)];
        return alike.Length == 1 ? name
            : price.Id.Length > 0 && alike.Count(other => other.Kind == price.Kind) == 1 ? $"{name} ({Kind(price.Kind)})"
            : $"{name} ({alike.TakeWhile(other => !ReferenceEquals(other, price)).Count() + 1})";
    }

    /// <summary>Which usage a price is for.</summary>
    public static string For(OfferingPrice price)
    {
        List<string> words = [Kind(price.Kind)];
        words.AddRange(price.Direction switch
        {
            Direction.Originating => [price.Kind == UsageKind.Voice ? "made" : "sent"],
            Direction.Terminating => ["received"],
            _ => [],
        });
        Add("to", price.Destinations);
        Add("in", price.Zone.Length > 0 ? [price.Zone] : price.Zones);
        Add("at", price.Bands);
        Add("rating group", price.RatingGroups);
        Add("service", price.ServiceIdentifiers);
        Add("network", price.DataNetworks);
        Add("slice", price.Slices);
        Add("radio access", price.RatTypes);
        return string.Join(' ', words);

        void Add<T>(string word, IReadOnlyCollection<T> values)
        {
            if (values.Count > 0)
            {
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{word} {string.Join(", ", values)}"));
            }
        }
    }

    /// <summary>Whether amounts are with VAT, and which.</summary>
    public static string Basis(OfferingVersion version) => string.Create(
        CultureInfo.InvariantCulture,
        $"{version.Currency} {(version.PriceBasis == PriceBasis.Gross ? "with" : "without")} {version.VatPermille / 10m:0.#} % VAT");

    /// <summary>What usage at a price costs, in parts; the first is the price itself.</summary>
    internal static IEnumerable<(string Property, string Text, decimal? Amount)> Price(OfferingPrice price)
    {
        yield return ("for", For(price), null);
        yield return ("price", Main(price), AmountOf(price));
        if (!price.ZeroRated && price.Model is PriceModel.Unit or PriceModel.Graduated or PriceModel.Volume)
        {
            string counted = price.Steps.Count == 0
                ? price.Increment == 1 && price.Unit == PriceUnit.Message ? "" : $"each begun {Units(price.Increment, price.Unit)}"
                : string.Join(", ", price.Steps.Select((step, index) =>
                    $"{(index == 0 ? "" : $"from {Units(step.From, price.Unit)} ")}each begun {Units(step.Increment, price.Unit)}"));
            if (counted.Length > 0)
            {
                yield return ("counted", counted, null);
            }
        }

        foreach ((string property, string? text) in new (string, string?)[]
        {
            ("least units", price.Minimum > 0 ? Units(price.Minimum, price.Unit) : null),
            ("connect fee", price.ConnectFee > 0 ? Amount(price.ConnectFee) : null),
            ("at least", price.MinimumCharge is { } least ? Amount(least) : null),
            ("at most", price.MaximumCharge is { } most ? Amount(most) : null),
            ("free units", price.FreeUnits > 0 ? $"{Units(price.FreeUnits, price.Unit)} a month" : null),
            ("bundle", price.Bundle ? "drawn first" : null),
            ("volume", price.Split == VolumeSplit.Proportional ? "spread over time" : null),
            ("above fair use, later", price.AboveFairUse.Count < 2 ? null : string.Join(
                "; ", price.AboveFairUse.Skip(1).Select(
                    one => $"{Amount(one.UnitPrice)} per {Units(one.UnitSize, price.Unit)} from {Instant(one.From)}"))),
        })
        {
            if (text is not null)
            {
                yield return (property, text, null);
            }
        }
    }

    /// <summary>What a bundle covers.</summary>
    internal static IEnumerable<(string Property, string Text)> Bundle(Bundle bundle)
    {
        string period = bundle.ValidFrom is null && bundle.ValidTo is null ? " a month" : "";
        yield return ("units", bundle.Unlimited ? $"unlimited {Kind(bundle.Kind)}"
            : $"{Units(bundle.Units, PriceReader.NaturalUnit(bundle.Kind))} of {Kind(bundle.Kind)}{period}");
        yield return ("for", Place(bundle));
        if (bundle.Priority > 0)
        {
            yield return ("drawn", string.Create(CultureInfo.InvariantCulture, $"with priority {bundle.Priority}"));
        }

        if (bundle.Shared)
        {
            yield return ("shared", "by all of the account");
        }

        if (bundle.FairUse.Count > 0)
        {
            string volumes = string.Join(
                "; ", bundle.FairUse.Select((volume, index) => Units(volume.Units, PriceReader.NaturalUnit(bundle.Kind))
                    + (index == 0 ? $" in {bundle.FairUseZone}" : $" from {Instant(volume.From)}")));
            yield return ("fair use", $"{volumes}; above it, the surcharge of the price");
        }

        if (period.Length == 0)
        {
            yield return ("valid", $"{Instant(bundle.ValidFrom) ?? "ever"} to {Instant(bundle.ValidTo) ?? "open"}");
        }
    }

    /// <summary>What a top-up brings.</summary>
    private static IEnumerable<OfferingStatement> TopUp(TopUpGrant topUp)
    {
        string subject = $"top-up from {Amount(topUp.AtLeast)}, bundle {topUp.Bundle.Id}";
        foreach ((string property, string text) in Bundle(topUp.Bundle))
        {
            yield return new(subject, property, text.Replace(" a month", "", StringComparison.Ordinal));
        }

        string time = topUp.ValiditySeconds % SecondsPerDay == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{topUp.ValiditySeconds / SecondsPerDay} days")
            : Units(topUp.ValiditySeconds, PriceUnit.Second);
        yield return new(subject, "valid", $"{time} from the top-up on");
    }

    /// <summary>What a version says beside prices and bundles, which nothing applies yet.</summary>
    internal static IEnumerable<OfferingStatement> Terms(OfferingTerms terms)
    {
        foreach (FeeTerms fee in terms.Fees)
        {
            string price = fee.Price is { } one ? Amount(one) : string.Join(
                ", ", fee.Tiers.Select(tier => $"{Amount(tier.Price)} each {(tier.UpTo is { } to ? $"to {to}" : "above")} {fee.Counts}"));
            string when = fee.IsMonthly ? $" a month, in {(fee.IsInAdvance ? "advance" : "arrears")}" : " once";
            yield return new($"fee {fee.Id}", "price", $"{price}{when}{(fee.IsByDays ? ", by days" : "")}", fee.Price);
        }

        foreach (CommitmentTerms commitment in terms.Commitments)
        {
            string bounds = string.Join(
                ", ", new[]
                {
                    commitment.Minimum is { } least ? $"at least {Amount(least)}" : "",
                    commitment.Maximum is { } most ? $"at most {Amount(most)}" : "",
                }.Where(text => text.Length > 0));
            yield return new(
                $"commitment {commitment.Id}", "amount",
                $"{bounds} a month of {Join(commitment.Of)}{(commitment.IsByDays ? ", by days" : "")}",
                commitment.Minimum ?? commitment.Maximum);
        }

        foreach (DiscountTerms discount in terms.Discounts)
        {
            string off = discount.Percent is { } percent ? $"{Amount(percent)} % off"
                : discount.Fixed is { } amount ? $"{Amount(amount)} off a month"
                : discount.Price is { } price ? $"price {Amount(price)}"
                : string.Create(CultureInfo.InvariantCulture, $"{discount.FreeUnits} units free");
            yield return new($"discount {discount.Id}", "discount", discount.Of.Count == 0 ? off : $"{off} {Join(discount.Of)}");
        }

        foreach (SpendingLimit limit in terms.Limits)
        {
            string steps = string.Join(", ", limit.Steps.Select(step => $"{step.Action} at {step.Percent} %"));
            string basis = limit.Basis == PriceBasis.Gross ? "with" : "without";
            string choices = limit.Choices.Count == 0 ? "" : $"; or {string.Join(", ", limit.Choices.Select(Amount))}";
            string what = limit.CountsPasses ? "passes" : limit.Scope switch
            {
                SpendScope.RoamingData => "data abroad",
                SpendScope.Domestic => "all usage at home",
                _ => Join([.. limit.Kinds.Select(Kind)]),
            };
            yield return new(
                $"limit {limit.Id}", "amount",
                $"{Amount(limit.Amount)} {basis} VAT a month of {(what.Length > 0 ? what : "all usage")}"
                + (limit.IsShared ? " of all subscribers of the account" : "")
                + $"{(limit.IsAboveBundle ? " above bundles" : "")}{(limit.Zones.Count > 0 ? $" in {Join(limit.Zones)}" : "")}"
                + $"{(limit.After is null ? "" : $", after {limit.After}")}: {steps}{choices}", limit.Amount);
        }

        foreach (OfferingStatement statement in terms.Bundles.SelectMany(Of).Concat(terms.Prices.SelectMany(Of)))
        {
            yield return statement;
        }
    }

    /// <summary>Units with the largest unit that holds them whole.</summary>
    internal static string Units(long units, PriceUnit unit)
    {
        (string Name, long Factor)[] larger = unit switch
        {
            PriceUnit.Octet => Octets,
            PriceUnit.Second => Seconds,
            _ => [],
        };
        string smallest = unit switch
        {
            PriceUnit.Octet => "B",
            PriceUnit.Second => "s",
            PriceUnit.Message => units == 1 ? "message" : "messages",
            _ => units == 1 ? "unit" : "units",
        };
        (string name, long factor) = larger.FirstOrDefault(one => units > 0 && units % one.Factor == 0, (smallest, 1));
        return string.Create(CultureInfo.InvariantCulture, $"{units / factor} {name}");
    }

    internal static string Amount(decimal amount) => amount.ToString("0.00#######", CultureInfo.InvariantCulture);

    private static IEnumerable<OfferingStatement> Of(BundleTerms terms)
    {
        string subject = $"bundle {terms.Id}";
        if (terms.RolloverMaximum > 0)
        {
            yield return new(
                subject, "rollover",
                terms.RolloverPeriods == 1
                    ? $"at most {Units(terms.RolloverMaximum, terms.Unit)} for a month"
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"at most {Units(terms.RolloverMaximum, terms.Unit)} for {terms.RolloverPeriods} months"));
        }

        if (terms.ProRataStep > 0)
        {
            yield return new(
                subject, "part of a month", $"by days, rounded up to {Units(terms.ProRataStep, terms.Unit)}");
        }

        if (terms.ContributedBy is not null)
        {
            yield return new(subject, "pool", $"each {terms.ContributedBy} adds its units");
        }
    }

    private static IEnumerable<OfferingStatement> Of(PriceTerms terms)
    {
        string subject = $"price {terms.Id}";
        if (terms.AboveFairUsePrice is { } price)
        {
            yield return new(
                subject, "above fair use",
                $"{Amount(price)} per {Units(terms.AboveFairUseUnits, terms.Unit)}",
                price / Math.Max(1, terms.AboveFairUseUnits));
        }

        if (terms.CountsAccount)
        {
            yield return new(subject, "tiers", "count the account");
        }

        if (terms.CalledIn is not null)
        {
            yield return new(
                subject, "only to", "other subscribers of the account, when the call begins (usage must say who was called)");
        }

        if (terms.LegalBasis is not null)
        {
            yield return new(subject, "law", terms.LegalBasis);
        }
    }

    private static string Main(OfferingPrice price)
    {
        if (price.ZeroRated)
        {
            return "zero-rated";
        }

        string per = $"{Amount(price.UnitPrice)} per {Units(price.UnitSize, price.Unit)}";
        return price.Model switch
        {
            PriceModel.Graduated or PriceModel.Volume => Tiers(price),
            PriceModel.Package => $"{Amount(price.UnitPrice)} for each {Units(price.Package, price.Unit)} begun in a month",
            PriceModel.Percentage =>
                $"{Amount(price.Percent ?? 0)} % of the value{(price.Fixed is { } extra ? $" and {Amount(extra)}" : "")}",
            PriceModel.Flat => $"{Amount(price.UnitPrice)} for the whole session",
            PriceModel.Pass => Pass(price),
            _ when price.Steps.Select(step => (step.UnitPrice, step.UnitSize)).Distinct().Count() > 1 => string.Join(
                ", ", price.Steps.Select(
                    step => $"from {Units(step.From, price.Unit)} {Amount(step.UnitPrice)} per {Units(step.UnitSize, price.Unit)}")),
            _ when price.Steps is [PriceStep step, ..] => $"{Amount(step.UnitPrice)} per {Units(step.UnitSize, price.Unit)}",
            _ => per,
        };
    }

    private static string Tiers(OfferingPrice price)
    {
        IEnumerable<string> tiers = price.Tiers.Select(tier =>
            $"{(tier.UpTo < 0 ? "above" : $"to {Units(tier.UpTo, price.Unit)}")} "
            + (tier.Package > 0 ? $"{Amount(tier.UnitPrice)} for each {Units(tier.Package, price.Unit)}"
                : $"{Amount(tier.UnitPrice)} per {Units(tier.UnitSize, price.Unit)}")
            + (tier.Flat > 0 ? $" and {Amount(tier.Flat)}" : ""));
        string counted = price.Model == PriceModel.Volume ? "all of the month at the tier reached" : "of the month";
        return $"{counted}: {string.Join("; ", tiers)}";
    }

    private static string Pass(OfferingPrice price)
    {
        Pass pass = price.Pass ?? new Pass();
        string lasts = pass.ValidityDays > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{pass.ValidityDays} calendar days")
            : Units(pass.ValiditySeconds, PriceUnit.Second);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Amount(price.UnitPrice)} for a pass of {lasts}, opened by the first use"
            + $"{(pass.FreeMessages > 0 ? $" after {pass.FreeMessages} free messages" : "")}"
            + $"{(pass.MaximumPerMonth > 0 ? $", charged {pass.MaximumPerMonth} times a month at most" : "")}");
    }

    /// <summary>The amount by which two versions of a price are compared: that of one unit, or of a session, package or pass.</summary>
    private static decimal? AmountOf(OfferingPrice price) => price switch
    {
        { ZeroRated: true } => 0,
        { Model: PriceModel.Unit, Steps: [] } => price.UnitPrice / Math.Max(1, price.UnitSize),
        { Model: PriceModel.Unit, Steps: [PriceStep step] } => step.UnitPrice / Math.Max(1, step.UnitSize),
        { Model: PriceModel.Unit } when price.Steps.Select(step => (step.UnitPrice, step.UnitSize)).Distinct().Count() == 1 =>
            price.Steps[0].UnitPrice / Math.Max(1, price.Steps[0].UnitSize),
        { Model: PriceModel.Package } => price.UnitPrice / Math.Max(1, price.Package),
        { Model: PriceModel.Flat or PriceModel.Pass } => price.UnitPrice,
        { Model: PriceModel.Percentage } => price.Percent,
        _ => null,
    };

    private static string Place(Bundle bundle)
    {
        string to = bundle.Destinations.Count > 0 ? $"to {Join(bundle.Destinations)}" : "";
        string where = bundle.Zones.Count > 0 ? $"in {Join(bundle.Zones)}" : "everywhere";
        return to.Length > 0 ? $"{to} {where}" : where;
    }

    private static string Hours(TimeBand band) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(band.Days.Count > 0 ? Join(band.Days) : "every day")} {TimeSpan.FromSeconds(band.From):hh\\:mm\\:ss} to "
        + $"{(band.To == 86_400 ? "24:00:00" : TimeSpan.FromSeconds(band.To).ToString("hh\\:mm\\:ss", CultureInfo.InvariantCulture))}");

    private static string Day(Holiday holiday) => holiday.Month == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{holiday.Easter} days after Easter")
        : string.Create(
            CultureInfo.InvariantCulture, $"{(holiday.Year > 0 ? $"{holiday.Year:D4}-" : "")}{holiday.Month:D2}-{holiday.Day:D2}");

    private static string Kind(UsageKind kind) => kind switch
    {
        UsageKind.Data => "data",
        UsageKind.Voice => "voice",
        UsageKind.Sms => "SMS",
        _ => "event",
    };

    private static string? Instant(DateTimeOffset? instant) =>
        instant?.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);

    private static string Join(IReadOnlyCollection<string> texts) => string.Join(", ", texts);
}
