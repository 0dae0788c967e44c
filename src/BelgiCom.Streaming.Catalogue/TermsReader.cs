using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Reads bundles, and what a version says beside prices: fees, commitments, discounts, limits, top-ups, quotas.</summary>
internal static class TermsReader
{
    private const long SecondsPerDay = 86_400;

    private static readonly (string, bool)[] Every = [("month", true), ("once", false)];
    private static readonly string[] DiscountKeys = ["freeUnits", "price", "percent", "fixed"];

    /// <summary>A bundle with what it has beside units and place.</summary>
    public static (Bundle Bundle, BundleTerms Terms) ReadBundle(YamlSection section)
    {
        (Bundle bundle, PriceUnit unit) = ReadUnits(section);
        bundle = bundle with
        {
            ValidFrom = section.Time("validFrom"),
            ValidTo = section.Time("validTo"),
            Shared = section.Choice("shared", false, ("account", true)),
        };
        (long maximum, long periods) = ReadRollover(section, unit);
        long step = ReadProRataStep(section, unit);
        (string? zone, long? units) = FairUseTerms.ReadVolume(section, bundle.Kind, unit);
        string? contributedBy = section.Text("contributedBy");
        if (contributedBy is not null)
        {
            if (contributedBy != "device")
            {
                section.Fault("contributedBy", "'contributedBy' must be device.");
            }

            if (!bundle.Shared || bundle.ValidFrom is not null || bundle.ValidTo is not null)
            {
                section.Fault(
                    "contributedBy", "what devices bring is a monthly bundle of the account: 'shared: account', without 'validFrom'.");
            }
        }

        bool isMonthly = bundle.ValidFrom is null && bundle.ValidTo is null;
        bundle = bundle with
        {
            RolloverMaximum = isMonthly ? maximum : 0,
            RolloverPeriods = isMonthly && maximum > 0 ? (int)periods : 1,
            ProRataStep = isMonthly ? step : 0,
            Contributed = isMonthly && contributedBy is not null,
        };
        if (!isMonthly && (maximum > 0 || step > 0))
        {
            section.Fault(null, "'rollover' and 'proRata' are for monthly bundles, without 'validFrom' and 'validTo'.");
        }

        section.Finish();
        if ((maximum > 0 || step > 0 || zone is not null || contributedBy is not null) && bundle.Id.Length == 0)
        {
            section.Fault(null, "'id' is missing: a bundle with such terms is known by it.");
        }

        return (bundle, new BundleTerms(bundle.Id, unit, maximum, periods, step, zone, units, contributedBy));
    }

    /// <summary>All that a version says beside prices and bundles.</summary>
    public static OfferingTerms Read(YamlSection section, PriceBasis basis) => new()
    {
        Fees = [.. section.Sections("fees").Select(ReadFee)],
        Commitments = [.. section.Sections("commitments").Select(ReadCommitment)],
        Discounts = [.. section.Sections("discounts").Select(ReadDiscount)],
        Limits = [.. section.Sections("limits").Select(limit => LimitReader.Read(limit, basis))],
    };

    private static (Bundle Bundle, PriceUnit Unit) ReadUnits(YamlSection section)
    {
        if (!section.Has("kind"))
        {
            section.Fault(null, "'kind' is missing: data, voice, sms or event.");
        }

        UsageKind kind = section.Choice("kind", UsageKind.Data, PriceReader.Kinds);
        PriceUnit unit = PriceReader.NaturalUnit(kind);
        bool isUnlimited = section.Flag("unlimited");
        long? units = PriceReader.UnitsOf(section, "units", unit);
        if (section.Has("units") == isUnlimited)
        {
            section.Fault(
                null,
                isUnlimited
                    ? "'unlimited' and 'units' are both there; keep one of them."
                    : "'units' is missing: what the bundle covers each month, such as 10 GiB, 120 min or 100 messages.");
        }

        long priority = section.Number("priority") ?? 0;
        if (priority is < 0 or > 1000)
        {
            section.Fault("priority", "'priority' must be from 0 to 1000; the lowest is drawn first.", FaultCodes.BadNumber);
        }

        Bundle bundle = new()
        {
            Id = section.Text("id") ?? "",
            Kind = kind,
            Units = units ?? (isUnlimited ? 0 : 1),
            Unlimited = isUnlimited,
            Zones = section.Texts("zones"),
            Destinations = section.Texts("destinations"),
            Priority = (int)Math.Clamp(priority, 0, 1000),
        };
        return (bundle, unit);
    }

    private static (long Maximum, long Periods) ReadRollover(YamlSection section, PriceUnit unit)
    {
        if (section.Section("rollover") is not { } rollover)
        {
            return (0, 0);
        }

        long? maximum = PriceReader.UnitsOf(rollover, "maximum", unit);
        long periods = rollover.Number("periods") ?? 1;
        rollover.Finish();
        if (maximum is not > 0 || periods is < 1 or > Rollover.MostPeriods)
        {
            rollover.Fault(null, "'rollover' has a 'maximum' of units and 'periods', 1 to 12 months.");
        }

        return (maximum ?? 1, Math.Clamp(periods, 1, Rollover.MostPeriods));
    }

    private static long ReadProRataStep(YamlSection section, PriceUnit unit)
    {
        if (section.Section("proRata") is not { } proRata)
        {
            return 0;
        }

        bool isByDays = proRata.Flag("days");
        long step = PriceReader.UnitsOf(proRata, "roundUpTo", unit) ?? 1;
        proRata.Finish();
        if (!isByDays || step < 1)
        {
            proRata.Fault(null, "'proRata' has 'days: true', and 'roundUpTo', units of at least 1.");
        }

        return Math.Max(1, step);
    }

    private static FeeTerms ReadFee(YamlSection section)
    {
        string id = section.RequiredText("id");
        decimal? price = section.Amount("price");
        bool isMonthly = section.Choice("every", true, Every);
        bool isInAdvance = section.Choice("charged", true, ("inAdvance", true), ("inArrears", false));
        bool isByDays = section.Choice("proRata", false, ("days", true), ("none", false));
        bool isVolume = section.Choice("model", false, ("flat", false), ("volume", true));
        string? counts = section.Choice("counts", null, ("devices", "devices"));
        List<FeeTier> tiers = [];
        IReadOnlyList<YamlSection> sections = section.Sections("tiers");
        foreach ((int index, YamlSection tier) in sections.Index())
        {
            bool isLast = index == sections.Count - 1;
            long? upTo = tier.Counted("upTo", "device", "devices");
            decimal? each = tier.Amount("price");
            tier.Finish();
            if (each is null && !tier.Has("price"))
            {
                tier.Fault(null, "'price' is missing: what each device costs.");
            }

            if (isLast && tier.Has("upTo"))
            {
                tier.Fault("upTo", "the last tier must have no 'upTo'.", FaultCodes.TiersEnd);
            }
            else if (!isLast && (upTo is null || (index > 0 && upTo <= tiers[^1].UpTo)))
            {
                tier.Fault(
                    "upTo", "each tier but the last must have an 'upTo' above that of the tier before it.", FaultCodes.TiersNotRising);
            }

            tiers.Add(new FeeTier(isLast ? null : upTo, each ?? 0));
        }

        section.Finish();
        if (!section.Has("every"))
        {
            section.Fault(null, "'every' is missing: month or once.");
        }

        if (section.Has("price") == section.Has("tiers") || isVolume != section.Has("tiers") || isVolume != section.Has("counts"))
        {
            section.Fault(null, "a fee has a 'price', or 'model: volume' with 'counts' and 'tiers'.");
        }

        return new FeeTerms(id, price, isMonthly, isInAdvance, isByDays, counts, tiers);
    }

    private static CommitmentTerms ReadCommitment(YamlSection section)
    {
        string id = section.RequiredText("id");
        decimal? minimum = section.Amount("minimum");
        decimal? maximum = section.Amount("maximum");
        _ = section.Choice("every", true, ("month", true));
        IReadOnlyList<string> of = section.Texts("of");
        _ = section.Choice("trueUp", true, ("periodEnd", true));
        bool isByDays = section.Choice("proRata", false, ("days", true), ("none", false));
        section.Finish();
        if (minimum is null && maximum is null)
        {
            section.Fault(null, "a commitment has a 'minimum', a 'maximum' or both.");
        }
        else if (minimum > maximum)
        {
            section.Fault("maximum", "'maximum' must not be below 'minimum'.");
        }

        return new CommitmentTerms(id, minimum, maximum, of, isByDays);
    }

    private static DiscountTerms ReadDiscount(YamlSection section)
    {
        string id = section.RequiredText("id");
        IReadOnlyList<string> of = section.Texts("of");
        long? free = section.Quantity("freeUnits")?.Units;
        decimal? price = section.Amount("price");
        decimal? percent = section.Amount("percent");
        decimal? amount = section.Amount("fixed");
        _ = section.Choice("every", true, ("month", true));
        section.Finish();
        if (DiscountKeys.Count(section.Has) != 1)
        {
            section.Fault(null, "a discount has one of 'freeUnits', 'price', 'percent' and 'fixed'.");
        }

        if (percent > 100)
        {
            section.Fault("percent", "'percent' must be from 0 to 100.", FaultCodes.BadNumber);
        }

        return new DiscountTerms(id, of, free, price, percent, amount);
    }

    /// <summary>A bundle that a top-up brings; null when it is not whole.</summary>
    public static TopUpGrant? ReadTopUp(YamlSection section)
    {
        decimal? atLeast = section.Amount("atLeast");
        YamlSection? inner = section.Section("bundle");
        section.Finish();
        if (atLeast is null || inner is null)
        {
            section.Fault(null, "a top-up has 'atLeast', an amount, and the 'bundle' that it brings.");
            return null;
        }

        (Bundle bundle, _) = ReadUnits(inner);
        long? seconds = inner.Text("validity") is { } text && text.TrimEnd('s').EndsWith("day", StringComparison.Ordinal)
            ? inner.Counted("validity", "day", "days") * SecondsPerDay
            : PriceReader.UnitsOf(inner, "validity", PriceUnit.Second);
        inner.Finish();
        if (!inner.Has("validity") || bundle.Id.Length == 0)
        {
            inner.Fault(null, "the bundle of a top-up has an 'id' and a 'validity', such as 30 days.");
        }

        return new TopUpGrant { AtLeast = atLeast.Value, Bundle = bundle, ValiditySeconds = seconds ?? 1 };
    }

    /// <summary>Sizes of quotas when a request names none, and how long they may be used.</summary>
    public static OfferingVersion WithQuotas(OfferingVersion version, YamlSection section)
    {
        version = version with
        {
            QuotaSeconds = PriceReader.UnitsOf(section, "voice", PriceUnit.Second) ?? 0,
            QuotaOctets = PriceReader.UnitsOf(section, "data", PriceUnit.Octet) ?? 0,
            QuotaValiditySeconds = PriceReader.UnitsOf(section, "validity", PriceUnit.Second) ?? 0,
        };
        section.Finish();
        return version;
    }
}
