using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// An offering in one currency and on one basis. Amounts with VAT and without have no sum, so an offering whose versions differ counts
/// apart.
/// </summary>
/// <param name="Offering">Id of the offering; empty for usage that is under none.</param>
/// <param name="Currency">ISO 4217 code; empty where there is no offering.</param>
/// <param name="Basis">Whether its amounts are without VAT or with it.</param>
internal sealed record SoldOffering(string Offering, string Currency, PriceBasis Basis)
{
    /// <summary>Stands for usage that is under no offering.</summary>
    public static SoldOffering None { get; } = new("", "", PriceBasis.Net);

    /// <summary>The offering of a version.</summary>
    public static SoldOffering Of(OfferingVersion version) => new(version.Offering, version.Currency, version.PriceBasis);
}

/// <summary>A catalogue that usage is priced by, with all terms that rating knows.</summary>
internal sealed class SimulatedCatalogue
{
    private readonly CompiledCatalogue _compiled = new(takesAllTerms: true, chargesByRecord: true);

    /// <summary>Compiles a catalogue.</summary>
    /// <param name="versions">Its versions, as they would be published.</param>
    public SimulatedCatalogue(IReadOnlyList<OfferingVersion> versions)
    {
        CompiledCatalogue worker = new(takesAllTerms: false);
        foreach (OfferingVersion version in versions)
        {
            _compiled.Put(version);
            worker.Put(version);
        }

        _compiled.Compile();
        worker.Compile();
        Refused = worker.Problems;
        Versions =
        [
            .. Enumerable.Range(0, Tariffs.Count).Select(index => versions.First(version =>
                version.Version == Tariffs.Version(index).Version
                && version.Offering == Encoding.UTF8.GetString(Tariffs.Version(index).OfferingUtf8))),
        ];
        Offerings = [.. Versions.Select(SoldOffering.Of).Distinct()];
        OfferingOf = [.. Versions.Select(version => Offerings.IndexOf(SoldOffering.Of(version)))];
    }

    /// <summary>The compiled versions.</summary>
    public TariffSnapshot Tariffs => _compiled.Tariffs;

    /// <summary>Numbers of the offerings, which subscriptions use.</summary>
    public OfferingIndex Index => _compiled.Offerings;

    /// <summary>The published versions, in the order of the compiled ones.</summary>
    public IReadOnlyList<OfferingVersion> Versions { get; }

    /// <summary>The offerings that have versions.</summary>
    public List<SoldOffering> Offerings { get; }

    /// <summary>For each version the place of its offering.</summary>
    public int[] OfferingOf { get; }

    /// <summary>Why the rating worker would suspend the usage of versions that are priced here; a sentence each.</summary>
    public IReadOnlyList<string> Refused { get; }
}
