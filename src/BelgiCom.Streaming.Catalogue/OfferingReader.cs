using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads one offering with its versions. This class checks how the YAML is written; rating's own compiler checks what the versions say.
/// </summary>
internal sealed class OfferingReader
{
    // Longest id of an offering.
    private const int MostLetters = 100;

    private static readonly string[] Content =
        ["zones", "bands", "roamingDataLimit", "bundles", "prices", "fees", "commitments", "discounts", "limits", "onTopUp", "reservation"];

    private readonly CatalogueTables _tables;
    private readonly Findings _findings;
    private readonly OfferingVersion _common;
    private readonly IReadOnlyList<string> _tableNames;
    private readonly IReadOnlyList<RoamingZone> _zones;
    private readonly List<TimeBand> _bands;
    private readonly IReadOnlyList<YamlSection> _sections;
    private readonly List<VersionSource> _read = [];

    private OfferingReader(YamlSection root, CatalogueTables tables, Findings findings)
    {
        _findings = findings;
        _tables = tables;
        string offering = root.RequiredText("offering");
        _common = new OfferingVersion
        {
            Offering = offering,
            Name = root.Text("name") ?? offering,
            Currency = root.RequiredText("currency"),
            PriceBasis = root.Choice("priceBasis", PriceBasis.Net, ("net", PriceBasis.Net), ("gross", PriceBasis.Gross)),
            VatPermille = VatPermille(root),
            PaymentMethod = root.Choice(
                "paymentMethod", PaymentMethod.PostPaid, ("postPaid", PaymentMethod.PostPaid), ("prePaid", PaymentMethod.PrePaid)),
            AddOnTo = root.Texts("addOnTo"),
        };
        _tableNames = root.Texts("tables");
        _zones = Zones(root);
        _bands = Bands(root);
        _sections = root.Sections("versions");
        root.Finish();
        if (offering.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')))
        {
            root.Fault("offering", "'offering' may have ASCII letters, digits, '-', '_' and '.' only: it is part of keys.");
        }

        if (offering.Length > MostLetters)
        {
            root.Fault("offering", $"'offering' may have at most {MostLetters} letters: it is in every rated event.");
        }

        if (_common.Currency.Length > 0 && !Currency.IsListed(_common.Currency))
        {
            root.Fault(
                "currency",
                $"'{_common.Currency}' is no currency in use: give the code of three capital letters that ISO 4217 lists, such as EUR.");
        }

        if (_sections.Count == 0)
        {
            root.Fault("versions", "'versions' must list at least one version.");
        }

        tables.CheckNames(_tableNames, root);
    }

    /// <summary>The versions, ordered; faults go to the section's list.</summary>
    public static IReadOnlyList<VersionSource> Read(YamlSection root, CatalogueTables tables, Findings findings)
    {
        int faults = findings.Faults.Count;
        OfferingReader reader = new(root, tables, findings);
        for (int index = 0; index < reader._sections.Count; index++)
        {
            reader.ReadVersion(index);
        }

        reader.CheckOrder();
        if (findings.Faults.Count == faults)
        {
            // Prices that were not read whole say nothing about the law.
            reader.CheckPrices();
        }

        return reader._read;
    }

    private void ReadVersion(int index)
    {
        YamlSection section = _sections[index];
        int faults = _findings.Faults.Count;
        long number = section.Number("version") ?? 0;
        if (number is < 1 or > int.MaxValue)
        {
            section.Fault("version", "'version' must be a whole number from 1.");
        }

        long? corrects = section.Number("corrects");
        VersionSource? corrected = _read.FirstOrDefault(source => source.Published.Version == corrects);
        if (corrects is not null && corrected is null)
        {
            section.Fault("corrects", $"there is no version {corrects} above this one.", FaultCodes.UnknownName);
        }

        DateTimeOffset? from = section.Time("validFrom");
        if (from is null && !section.Has("validFrom") && corrects is null)
        {
            section.Fault(null, "'validFrom' is missing.");
        }

        long? sameAs = section.Number("sameAs");
        VersionSource? original = _read.FirstOrDefault(source => source.Published.Version == sameAs);
        if (sameAs is not null && original is null)
        {
            section.Fault("sameAs", $"there is no version {sameAs} above this one.", FaultCodes.UnknownName);
        }

        VersionSource source = ReadContent(section, sameAs is not null ? original : null) with { Section = section };
        OfferingVersion version = source.Published with
        {
            Version = (int)Math.Clamp(number, 0, int.MaxValue),
            ValidFrom = from ?? corrected?.Published.ValidFrom ?? DateTimeOffset.UnixEpoch,
            ValidTo = section.Time("validTo") ?? corrected?.Published.ValidTo,
            Corrects = corrected?.Published.Version ?? 0,
        };
        if (corrects is not null && section.Has("validTo"))
        {
            section.Fault("validTo", "a version that corrects another one ends with it, and has no 'validTo' of its own.");
        }

        section.Finish();
        if (original is not null && Content.Any(section.Has))
        {
            section.Fault("sameAs", "a version with 'sameAs' repeats another one whole, and has no content of its own.");
        }

        TableContent content = TablesAt(version, section, corrected is null ? index : PlaceOf(corrected));
        version = WithTables(version, content, section, source.HasOwnZones);
        version = LimitReader.Publish(version, source.Terms.Limits, content.Limits, section);
        source = source with { Published = FairUseTerms.Publish(version, source) };
        Compile(source, isWhole: _findings.Faults.Count == faults);
        _read.Add(source);
    }

    private VersionSource ReadContent(YamlSection section, VersionSource? original)
    {
        IReadOnlyList<RoamingZone> zones = Zones(section);
        List<TimeBand> bands = Bands(section);
        OfferingTerms terms = TermsReader.Read(section, _common.PriceBasis);
        IReadOnlyList<YamlSection> bundles = section.Sections("bundles");
        IReadOnlyList<YamlSection> prices = section.Sections("prices");
        decimal? roamingDataLimit = section.Amount("roamingDataLimit");
        YamlSection? reservation = section.Section("reservation");
        TopUpGrant[] topUps = [.. section.Sections("onTopUp").Select(TermsReader.ReadTopUp).OfType<TopUpGrant>()];
        if (original is not null)
        {
            return original;
        }

        (Bundle Bundle, BundleTerms Terms)[] readBundles = [.. bundles.Select(TermsReader.ReadBundle)];
        (YamlSection Section, OfferingPrice Price, PriceTerms Terms)[] readPrices =
        [
            .. prices.SelectMany(price => PriceReader.Read(price).Select(read => (price, read.Price, read.Terms))),
        ];
        OfferingVersion version = _common with
        {
            Zones = section.Has("zones") ? zones : _zones,
            Bands = section.Has("bands") ? bands : _bands,
            Bundles = [.. readBundles.Select(bundle => bundle.Bundle)],
            Prices = [.. readPrices.Select(price => price.Price)],
            RoamingDataLimit = roamingDataLimit,
            TopUps = topUps,
        };
        version = reservation is null ? version : TermsReader.WithQuotas(version, reservation);
        CheckIds(section, prices, readBundles, terms);
        CheckDiscounts(section, version, terms);
        return new VersionSource(section, [.. readPrices.Select(price => price.Section)], bundles)
        {
            Published = version,
            HasOwnZones = section.Has("zones") || _zones.Count > 0,
            Surcharges = [
                .. readPrices.Select<(YamlSection, OfferingPrice, PriceTerms Terms), (decimal, long)?>(
                    price => price.Terms.AboveFairUsePrice is { } above ? (above, price.Terms.AboveFairUseUnits) : null)],
            Terms = new OfferingTerms
            {
                Fees = terms.Fees,
                Commitments = terms.Commitments,
                Discounts = terms.Discounts,
                Limits = terms.Limits,
                Bundles = [.. readBundles.Select(bundle => bundle.Terms)],
                Prices = [.. readPrices.Select(price => price.Terms).DistinctBy(price => price.Id)],
            },
        };
    }

    /// <summary>
    /// Free units, and another price for units, have an amount only where each unit has one price and nothing else is due.
    /// </summary>
    private static void CheckDiscounts(YamlSection section, OfferingVersion version, OfferingTerms terms)
    {
        foreach (DiscountTerms discount in terms.Discounts.Where(one => one.FreeUnits is not null || one.Price is not null))
        {
            if (discount.Of.Count == 0)
            {
                section.Fault(
                    "discounts", $"discount '{discount.Id}' must name its prices in 'of': free units, or another price, are of them.");
            }

            foreach (OfferingPrice price in version.Prices.Where(
                price => discount.Of.Contains(price.Id) && !OfferingEdition.PriceOfPeriod(price).IsOfUnits))
            {
                section.Fault(
                    "discounts",
                    $"discount '{discount.Id}' changes the units of price '{price.Id}', which has steps, tiers, a fee or a bound of its "
                    + "own: use 'percent' or 'fixed'.");
            }
        }
    }

    /// <summary>Ids name one thing, and what names an id names one that is there.</summary>
    private static void CheckIds(
        YamlSection section, IReadOnlyList<YamlSection> prices, (Bundle Bundle, BundleTerms Terms)[] bundles, OfferingTerms terms)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (YamlSection price in prices)
        {
            if (price.Text("id") is { } id && !ids.Add(id))
            {
                price.Fault("id", $"'{id}' is the id of another price; ids tell prices apart in tiers, discounts and bills.");
            }
        }

        foreach (string name in terms.Commitments.SelectMany(one => one.Of).Concat(terms.Discounts.SelectMany(one => one.Of)).Distinct())
        {
            if (!ids.Contains(name))
            {
                section.Fault(null, $"'of' names price '{name}', which the version does not have.", FaultCodes.UnknownName);
            }
        }

        string?[] limits = [.. terms.Limits.Select(limit => limit.Id)];
        string? unknown = terms.Limits.Select(limit => limit.After).FirstOrDefault(after => after is not null && !limits.Contains(after));
        if (unknown is not null)
        {
            section.Fault("limits", $"'after' names limit '{unknown}', which the version does not have.", FaultCodes.UnknownName);
        }

        foreach (IGrouping<string, Bundle> same in bundles.Select(bundle => bundle.Bundle).Where(bundle => bundle.Id.Length > 0)
            .GroupBy(bundle => bundle.Id, StringComparer.Ordinal).Where(same => same.Count() > 1))
        {
            section.Fault("bundles", $"'{same.Key}' is the id of two bundles.");
        }
    }

    private TableContent TablesAt(OfferingVersion version, YamlSection section, int index)
    {
        // A quick look ahead: what ends a version that has no validTo is the begin of the next one.
        DateTimeOffset? next = _sections.Skip(index + 1).FirstOrDefault(later => !later.Has("corrects"))?.Time("validFrom");
        return _tables.At(_tableNames, version.ValidFrom, version.ValidTo ?? next, section);
    }

    /// <summary>The place of a version in the file; of one that corrects another one, the place of that.</summary>
    private int PlaceOf(VersionSource source)
    {
        int place = _read.FindIndex(one => one.Published.Version == source.Published.Version);
        return source.Published.Corrects > 0 ? PlaceOf(Find(source.Published.Corrects)) : place;
    }

    private VersionSource Find(int version) => _read.First(one => one.Published.Version == version);

    /// <summary>When a version ends: of one without validTo, when the next one begins that corrects none.</summary>
    private DateTimeOffset? EndOf(VersionSource source) =>
        source.Published.ValidTo
        ?? _read.Skip(PlaceOf(source) + 1).FirstOrDefault(later => later.Published.Corrects == 0)?.Published.ValidFrom;

    private static OfferingVersion WithTables(OfferingVersion version, TableContent content, YamlSection section, bool hasOwnZones)
    {
        if (hasOwnZones && content.Zones.Count > 0)
        {
            section.Fault("zones", "'zones' are here and in a table; keep one of them.");
        }

        return version with
        {
            Zones = hasOwnZones ? version.Zones : content.Zones,
            Destinations = content.Destinations,
            Holidays = content.Holidays,
        };
    }

    /// <summary>Compiles the version as rating does: a version that compiles here is the one that rating will use.</summary>
    /// <param name="source">The version.</param>
    /// <param name="isWhole">
    /// Whether all of it could be read: what stands for a value that cannot be read is no value of the version.
    /// </param>
    private static void Compile(VersionSource source, bool isWhole)
    {
        OfferingVersion version = source.Published;
        if (version.Zones.Count == 0)
        {
            source.Section.Fault(null, "'zones' is missing, here or beside 'versions': zone names with lists of MCC or MCC+MNC.");
        }
        else if (isWhole)
        {
            try
            {
                _ = new TariffSnapshot([version], new OfferingIndex());
            }
            catch (InvalidTariffException broken)
            {
                foreach (TariffFault fault in broken.Faults)
                {
                    source.PlaceOf(fault).Fault(null, fault.Sentence, FaultCodes.Broken);
                }
            }
        }
    }

    private void CheckPrices()
    {
        for (int index = 0; index < _read.Count; index++)
        {
            PriceFinder finder = new(_read[index].Published);
            TariffLaw.Check(_read[index], finder, EndOf(_read[index]));
            PriceCoverage.Check(_read[index], finder);
        }
    }

    private void CheckOrder()
    {
        for (int index = 1; index < _read.Count; index++)
        {
            OfferingVersion version = _read[index].Published;
            YamlSection section = _read[index].Section;
            if (version.Corrects > 0)
            {
                CheckCorrection(_read[index], Find(version.Corrects), index);
                continue;
            }

            // The first version corrects none, since there is none above it.
            OfferingVersion before = _read[..index].Last(one => one.Published.Corrects == 0).Published;
            if (version.Version <= _read[index - 1].Published.Version || version.ValidFrom <= before.ValidFrom)
            {
                section.Fault(
                    "version",
                    $"version {version.Version} must have a higher number and a later validFrom than version {before.Version} above it.");
            }
            else if (before.ValidTo > version.ValidFrom)
            {
                section.Fault(
                    "validFrom", $"version {version.Version} begins before version {before.Version} ends (its validTo); the two overlap.",
                    FaultCodes.VersionsOverlap);
            }
            else if (Shares(before) != Shares(version) && !BeginsWithAMonth(version))
            {
                section.Fault(
                    "validFrom",
                    $"version {version.Version} {(Shares(version) ? "begins" : "ceases")} to count for the account in the middle of a "
                    + "month: what members used is counted elsewhere. It must begin with a month.",
                    FaultCodes.SharingChanges);
            }
            else if (!BeginsWithAMonth(version)
                && version.Bundles.FirstOrDefault(bundle => before.Bundles.Any(
                    one => one.Id == bundle.Id && one.Shared && bundle.Shared && one.Contributed != bundle.Contributed)) is { } pool)
            {
                section.Fault(
                    "validFrom",
                    $"version {version.Version} changes who brings the units of bundle '{pool.Id}' in the middle of a month, which would "
                    + "grant it anew. It must begin with a month.",
                    FaultCodes.SharingChanges);
            }
        }
    }

    /// <summary>A correction holds while the version does that it corrects; usage of that time is rated again by it.</summary>
    private void CheckCorrection(VersionSource source, VersionSource corrected, int index)
    {
        OfferingVersion version = source.Published;
        if (version.Version <= _read[index - 1].Published.Version)
        {
            source.Section.Fault("version", $"version {version.Version} must have a higher number than the version above it.");
        }
        else if (version.ValidFrom < corrected.Published.ValidFrom || EndOf(source) <= version.ValidFrom)
        {
            source.Section.Fault(
                "validFrom",
                $"version {version.Version} must begin while version {corrected.Published.Version} holds, which it corrects; leave "
                + "'validFrom' out to correct it from its begin.");
        }
        else if (Shares(corrected.Published) != Shares(version))
        {
            source.Section.Fault(
                "corrects", "a correction cannot begin or cease to count for the account: what members used is counted elsewhere.",
                FaultCodes.SharingChanges);
        }
    }

    private static bool Shares(OfferingVersion version) => AccountTerms.AreIn(version);

    private static bool BeginsWithAMonth(OfferingVersion version)
    {
        long from = version.ValidFrom.ToUnixTimeMilliseconds();
        int month = BelgianCalendar.MonthOf(from);
        return month >= 0 && BelgianCalendar.StartMilliseconds(month) == from;
    }

    private static IReadOnlyList<RoamingZone> Zones(YamlSection section) =>
        [.. section.NamedTexts("zones").Select(zone => new RoamingZone { Name = zone.Name, Plmns = zone.Values })];

    private static List<TimeBand> Bands(YamlSection section)
    {
        List<TimeBand> bands = [];
        foreach (YamlSection band in section.Sections("bands"))
        {
            string name = band.RequiredText("name");
            IReadOnlyList<string> days = band.Texts("days");
            int from = band.Clock("from") ?? 0;
            int to = band.Clock("to") ?? 86_400;
            band.Finish();
            bands.Add(new TimeBand { Name = name, Days = days, From = from, To = to });
        }

        return bands;
    }

    private static int VatPermille(YamlSection root)
    {
        long? permille = root.Number("vatPermille");
        if (permille is not (>= 0 and <= 1000))
        {
            root.Fault("vatPermille", "'vatPermille' must be the VAT rate in permille, 0 to 1000: 210 for 21 %.");
        }

        return (int)Math.Clamp(permille ?? 0, 0, 1000);
    }
}
