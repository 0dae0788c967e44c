using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>One change between two catalogues, for whoever has the offering from an instant on.</summary>
/// <param name="Offering">The offering.</param>
/// <param name="Version">The new version; 0 when the offering or version is gone.</param>
/// <param name="From">From when it holds.</param>
/// <param name="Subject">What changes: a price, a bundle, a zone, with its name.</param>
/// <param name="Property">Which of its properties.</param>
/// <param name="Old">What it was; null when it is new.</param>
/// <param name="New">What it will be; null when it is gone.</param>
/// <param name="Percent">How much dearer the same usage gets, in percent with one decimal; negative for cheaper, null where no two amounts
/// can be compared.</param>
public sealed record CatalogueChange(
    string Offering, int Version, DateTimeOffset From, string Subject, string Property, string? Old, string? New, decimal? Percent);

/// <summary>
/// Compares two catalogues. A new version is compared with the one that would be in force at its begin without it, which is what its
/// customers would notice; a version that both have is compared with itself.
/// </summary>
public static class CatalogueDiff
{
    private const string Whole = "offering";

    /// <summary>The changes, by offering, version and their order in the files.</summary>
    public static IReadOnlyList<CatalogueChange> Between(CatalogueContent before, CatalogueContent after)
    {
        List<CatalogueChange> changes = [];
        foreach (OfferingEdition edition in after.Editions)
        {
            OfferingVersion version = edition.Published;
            OfferingEdition? same = before.Editions.FirstOrDefault(other => other.Published.Key == version.Key);
            OfferingEdition? inForce = same ?? InForceBefore(version, before) ?? InForceBefore(version, after);
            if (inForce is null)
            {
                changes.Add(new CatalogueChange(
                    version.Offering, version.Version, version.ValidFrom, Whole, "version", null, OfferingWords.Basis(version), null));
                continue;
            }

            if (same is not null)
            {
                AddValidity(changes, same.Published, version);
            }

            Compare(changes, inForce, edition);
        }

        changes.AddRange(
            before.Editions.Where(edition => after.Editions.All(other => other.Published.Key != edition.Published.Key)).Select(
                gone => new CatalogueChange(
                    gone.Published.Offering, 0, gone.Published.ValidFrom, Whole, "version",
                    string.Create(CultureInfo.InvariantCulture, $"version {gone.Published.Version}"), null, null)));
        return [.. changes.OrderBy(change => change.Offering, StringComparer.Ordinal)];
    }

    private static OfferingEdition? InForceBefore(OfferingVersion version, CatalogueContent catalogue) =>
        catalogue.Editions.LastOrDefault(
            other => other.Published.Offering == version.Offering && other.Published.Version < version.Version
                && other.Published.ValidFrom <= version.ValidFrom);

    private static void AddValidity(List<CatalogueChange> changes, OfferingVersion before, OfferingVersion after)
    {
        if (before.ValidFrom != after.ValidFrom || before.ValidTo != after.ValidTo)
        {
            changes.Add(new CatalogueChange(
                after.Offering, after.Version, after.ValidFrom, Whole, "validity", Validity(before), Validity(after), null));
        }
    }

    private static string Validity(OfferingVersion version) => string.Create(
        CultureInfo.InvariantCulture,
        $"{version.ValidFrom:yyyy-MM-dd'T'HH:mm'Z'} to {(version.ValidTo is { } to ? $"{to:yyyy-MM-dd'T'HH:mm'Z'}" : "open")}");

    private static void Compare(List<CatalogueChange> changes, OfferingEdition before, OfferingEdition after)
    {
        OfferingVersion version = after.Published;
        Dictionary<(string, string), OfferingStatement> old = ByName(before);
        Dictionary<(string, string), OfferingStatement> now = ByName(after);
        foreach (((string Subject, string Property) name, OfferingStatement statement) in now)
        {
            OfferingStatement? was = old.GetValueOrDefault(name);
            if (was?.Text != statement.Text)
            {
                changes.Add(new CatalogueChange(
                    version.Offering, version.Version, version.ValidFrom, name.Subject, name.Property, was?.Text, statement.Text,
                    Percent(was?.Amount, statement.Amount)));
            }
        }

        changes.AddRange(old.Where(one => !now.ContainsKey(one.Key)).Select(one => new CatalogueChange(
            version.Offering, version.Version, version.ValidFrom, one.Value.Subject, one.Value.Property, one.Value.Text, null, null)));
    }

    private static Dictionary<(string, string), OfferingStatement> ByName(OfferingEdition edition) => OfferingWords.Of(edition)
        .GroupBy(statement => (statement.Subject, statement.Property))
        .ToDictionary(same => same.Key, same => same.First() with { Text = string.Join("; ", same.Select(one => one.Text)) });

    private static decimal? Percent(decimal? before, decimal? after) => before is > 0 && after is not null
        ? decimal.Round((after.Value - before.Value) / before.Value * 100, 1, MidpointRounding.AwayFromZero)
        : null;
}
