using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// The tables of a catalogue: zones, destinations, holidays and spending limits that offerings name instead of copying them. A table has
/// versions with their dates, like an offering. An offering version takes of each table the version in force at its begin, and is published
/// with it, so that what a version number stands for never changes.
/// </summary>
internal sealed class CatalogueTables
{
    private readonly Dictionary<string, Table> _tables = new(StringComparer.Ordinal);

    /// <summary>Reads one table; faults go to the section's list.</summary>
    public void Read(YamlSection root)
    {
        string name = root.RequiredText("table");
        TableKind kind = root.Choice(
            "kind", TableKind.Unknown, ("zones", TableKind.Zones), ("destinations", TableKind.Destinations),
            ("holidays", TableKind.Holidays), ("limits", TableKind.Limits));
        if (!root.Has("kind"))
        {
            root.Fault(null, "'kind' is missing: zones, destinations, holidays or limits.");
        }

        _ = root.Text("source");
        List<TableVersion> versions = [];
        foreach (YamlSection section in root.Sections("versions"))
        {
            versions.Add(ReadVersion(section, kind, versions.LastOrDefault()));
        }

        root.Finish();
        if (versions.Count == 0)
        {
            root.Fault("versions", "'versions' must list at least one version.");
        }

        if (!_tables.TryAdd(name, new Table(kind, versions)))
        {
            root.Fault("table", $"table '{name}' is in another file already; keep all its versions in one file.");
        }
    }

    /// <summary>What tables hold at the begin of an offering version.</summary>
    /// <param name="names">Names of the tables.</param>
    /// <param name="from">Begin of the offering version.</param>
    /// <param name="to">Its end, or the begin of the version after it; null for open.</param>
    /// <param name="section">Where the offering version stands.</param>
    public TableContent At(IReadOnlyList<string> names, DateTimeOffset from, DateTimeOffset? to, YamlSection section)
    {
        TableContent content = new([], [], [], []);
        foreach (string name in names)
        {
            if (!_tables.TryGetValue(name, out Table? table))
            {
                continue;
            }

            TableVersion? version = table.Versions.LastOrDefault(candidate => candidate.ValidFrom <= from);
            if (version is null || version.ValidTo <= from)
            {
                section.Fault("validFrom", $"table '{name}' has no version in force at this time.", FaultCodes.TableChanges);
                continue;
            }

            CheckUntil(name, table, version, to, section);
            content = new TableContent(
                [.. content.Zones, .. version.Content.Zones],
                [.. content.Destinations, .. version.Content.Destinations],
                [.. content.Holidays, .. version.Content.Holidays],
                [.. content.Limits, .. version.Content.Limits]);
        }

        return content;
    }

    /// <summary>Reports names that are no table.</summary>
    public void CheckNames(IReadOnlyList<string> names, YamlSection root)
    {
        foreach (string name in names.Where(name => !_tables.ContainsKey(name)))
        {
            root.Fault(
                "tables",
                $"there is no table '{name}': put it into the folder tables/; known are {string.Join(", ", _tables.Keys.Order())}.",
                FaultCodes.UnknownName);
        }

        foreach (IGrouping<TableKind, string> kind in names.Where(_tables.ContainsKey).GroupBy(name => _tables[name].Kind))
        {
            if (kind.Count() > 1)
            {
                root.Fault("tables", $"{string.Join(" and ", kind)} are tables of one kind; name one of them.");
            }
        }
    }

    private static void CheckUntil(string name, Table table, TableVersion version, DateTimeOffset? to, YamlSection section)
    {
        TableVersion? next = table.Versions.FirstOrDefault(candidate => candidate.ValidFrom > version.ValidFrom);
        DateTimeOffset? until = version.ValidTo ?? next?.ValidFrom;
        if (until is { } end && (to is null || to > end))
        {
            section.Fault(
                "validFrom",
                $"table '{name}' changes on {BelgianCalendar.DayOf(end.ToUnixTimeMilliseconds()):yyyy-MM-dd}, while this version is in "
                + "force. A version always has the same tables: add one that begins that day (sameAs repeats all else).",
                FaultCodes.TableChanges);
        }
    }

    private static TableVersion ReadVersion(YamlSection section, TableKind kind, TableVersion? before)
    {
        long number = section.Number("version") ?? 0;
        DateTimeOffset? from = section.Time("validFrom");
        DateTimeOffset? to = section.Time("validTo");
        if (number < 1 || from is null)
        {
            section.Fault(null, "'version', a whole number from 1, and 'validFrom' are needed.");
        }

        if (to <= from)
        {
            section.Fault("validTo", "'validTo' must be after 'validFrom'.");
        }

        TableVersion read = new(number, from ?? DateTimeOffset.MinValue, to, ReadContent(section, kind));
        section.Finish();
        if (before is not null && (read.Number <= before.Number || read.ValidFrom <= before.ValidFrom))
        {
            section.Fault("version", "a version must have a higher number and a later validFrom than the one above it.");
        }
        else if (before?.ValidTo > read.ValidFrom)
        {
            section.Fault("validFrom", "this version begins before the one above it ends (its validTo).", FaultCodes.VersionsOverlap);
        }

        return read;
    }

    private static TableContent ReadContent(YamlSection section, TableKind kind)
    {
        switch (kind)
        {
            case TableKind.Zones:
                List<RoamingZone> zones = [
                    .. section.NamedTexts("zones").Select(zone => new RoamingZone { Name = zone.Name, Plmns = zone.Values })];
                return new TableContent(zones, [], [], []);
            case TableKind.Destinations:
                Dictionary<string, IReadOnlyList<string>> shorts = section.NamedTexts("short").ToDictionary(
                    one => one.Name, one => one.Values, StringComparer.Ordinal);
                List<Destination> destinations = [
                    .. section.NamedTexts("destinations", mayBeEmpty: true).Select(one => new Destination
                    {
                        Name = one.Name,
                        Prefixes = one.Values,
                        ShortNumbers = shorts.Remove(one.Name, out IReadOnlyList<string>? numbers) ? numbers : [],
                    })];
                destinations.AddRange(shorts.Select(one => new Destination { Name = one.Key, ShortNumbers = one.Value }));
                return new TableContent([], destinations, [], []);
            case TableKind.Limits:
                return new TableContent([], [], [], [.. section.Sections("limits").Select(ReadLimit)]);
            default:
                return new TableContent([], [], [.. section.Sections("holidays").Select(ReadHoliday)], []);
        }
    }

    private static SpendingLimit ReadLimit(YamlSection section)
    {
        SpendingLimit limit = LimitReader.Read(section, PriceBasis.Net);
        if (limit.Scope == SpendScope.Other || !section.Has("basis"))
        {
            section.Fault(null, "a limit of a table has a 'scope' (roamingData, domestic, all) and a 'basis' (net, gross).");
        }

        return limit;
    }

    private static Holiday ReadHoliday(YamlSection section)
    {
        string name = section.RequiredText("name");
        string? date = section.Text("date");
        long? easter = section.Number("easter");
        section.Finish();
        if ((date is null) == (easter is null))
        {
            section.Fault(null, "a holiday has either a 'date' or 'easter', days after Easter Sunday.");
        }

        if (easter is < -366 or > 366)
        {
            section.Fault("easter", "'easter' must be days after Easter Sunday, -366 to 366.", FaultCodes.BadNumber);
        }

        // A leap year knows every date that some year has.
        bool isYearly = TryParseDay($"2024-{date}", out DateOnly day);
        bool isOnce = !isYearly && TryParseDay(date, out day);
        if (date is not null && !isYearly && !isOnce)
        {
            section.Fault("date", "'date' must be month and day (12-25), or a day of one year (2026-01-02).", FaultCodes.BadNumber);
        }

        return date is null
            ? new Holiday { Name = name, Easter = (int)Math.Clamp(easter ?? 0, -366, 366) }
            : new Holiday { Name = name, Month = day.Month, Day = day.Day, Year = isOnce ? day.Year : 0 };
    }

    private static bool TryParseDay(string? text, out DateOnly day) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day);

    private enum TableKind
    {
        Unknown,
        Zones,
        Destinations,
        Holidays,
        Limits,
    }

    private sealed record Table(TableKind Kind, IReadOnlyList<TableVersion> Versions);

    private sealed record TableVersion(long Number, DateTimeOffset ValidFrom, DateTimeOffset? ValidTo, TableContent Content);
}

/// <summary>What tables hold at one time.</summary>
/// <param name="Zones">Zones.</param>
/// <param name="Destinations">Destinations.</param>
/// <param name="Holidays">Holidays.</param>
/// <param name="Limits">Spending limits.</param>
internal sealed record TableContent(
    IReadOnlyList<RoamingZone> Zones, IReadOnlyList<Destination> Destinations, IReadOnlyList<Holiday> Holidays,
    IReadOnlyList<SpendingLimit> Limits);
