using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Catalogue.Tests;

public sealed class CatalogueFolderTests : IDisposable
{
    internal const string Good = """
        offering: go
        name: Go
        currency: EUR
        vatPermille: 210
        zones:
          home: ["00101"]
          eu: ["208"]
          world: ["*"]
        versions:
          - version: 1
            validFrom: 2026-03-29
            validTo: 2026-10-26
            roamingDataLimit: "49.58"
            bundles:
              - { kind: data, units: 10 GiB, zones: [home, eu] }
            prices:
              - { kind: data, ratingGroups: [10, 20], price: "0.123456789", per: 1 MiB, increment: 64 KiB, bundle: true }
              - { kind: voice, direction: originating, price: "0.15", per: 60 s, minimum: 1 min, connectFee: "0.05" }
              - { kind: sms, zone: eu, zeroRated: true }
          - version: 2
            validFrom: 2026-10-26T00:00:00+01:00
            prices:
              - { kind: sms, price: "0", per: 1 message }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("catalogue").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Catalogue_WithUnitsAndDays_IsReadExactly()
    {
        IReadOnlyList<OfferingVersion> versions = Load(Good);

        OfferingVersion first = versions[0];
        Assert.Equal(("go", 1, "Go", "EUR", 210), (first.Offering, first.Version, first.Name, first.Currency, first.VatPermille));
        // 29 March begins at 00:00 CET, though it ends in summer time; 26 October is the day after the change back.
        Assert.Equal(new DateTimeOffset(2026, 3, 28, 23, 0, 0, TimeSpan.Zero), first.ValidFrom);
        Assert.Equal(new DateTimeOffset(2026, 10, 25, 23, 0, 0, TimeSpan.Zero), first.ValidTo);
        Assert.Equal(49.58m, first.RoamingDataLimit);
        Assert.Equal(["home", "eu", "world"], first.Zones.Select(zone => zone.Name));
        Assert.Equal((UsageKind.Data, 10L << 30), (first.Bundles[0].Kind, first.Bundles[0].Units));
        OfferingPrice data = first.Prices[0];
        Assert.Equal(
            (1L << 20, 0.123456789m, 65_536L, 0L, true), (data.UnitSize, data.UnitPrice, data.Increment, data.Minimum, data.Bundle));
        Assert.Equal([10L, 20L], data.RatingGroups);
        OfferingPrice voice = first.Prices[1];
        Assert.Equal(
            (60L, 0.15m, 1L, 60L, 0.05m, Direction.Originating),
            (voice.UnitSize, voice.UnitPrice, voice.Increment, voice.Minimum, voice.ConnectFee, voice.Direction));
        Assert.True(first.Prices[2].ZeroRated);
        Assert.Equal(versions[1].ValidFrom, first.ValidTo);
    }

    [Fact]
    public void ValidFrom_TheFirstDayOfTheCalendar_IsItsBeginning() => Assert.Equal(
        DateTimeOffset.MinValue,
        Load(Good.Replace("validFrom: 2026-03-29", "validFrom: 0001-01-01", StringComparison.Ordinal))[0].ValidFrom);

    [Fact]
    public void ContentHash_ChangesWithContentOnly()
    {
        byte[] hash = Load(Good)[0].ContentHash;

        Assert.Equal(hash, Load("# a comment\n" + Good)[0].ContentHash);
        Assert.NotEqual(hash, Load(Good.Replace("0.123456789", "0.123456788", StringComparison.Ordinal))[0].ContentHash);
        Assert.Equal(32, hash.Length);
    }

    /// <summary>An earlier release made its hash over fewer fields; what it published is the same version all the same.</summary>
    [Fact]
    public void Version_PublishedByAnEarlierRelease_IsKnownByItsContent()
    {
        OfferingVersion version = Load(Good)[0];
        OfferingVersion published = version with { ContentHash = new byte[32] };

        Assert.True(CatalogueFolder.HasSameContent(published, version));
        Assert.False(CatalogueFolder.HasSameContent(published with { Currency = "USD" }, version));
        Assert.False(CatalogueFolder.HasSameContent(published with { Prices = [] }, version));
    }

    [Theory]
    [InlineData("price: \"0.15\"", "price: \"0,15\"", 18, "'price' must be an amount")]
    [InlineData("price: \"0.15\"", "price: \"0.1234567891\"", 18, "'price' must be an amount")]
    [InlineData("price: \"0.15\"", "price: \"-0.15\"", 18, "'price' must be an amount")]
    [InlineData("price: \"0.15\", per", "per", 18, "'price' is missing")]
    [InlineData("per: 60 s, minimum", "minimum", 18, "'per' is missing")]
    [InlineData("units: 10 GiB", "units: 10 GX", 15, "'units' must be a whole number and a unit")]
    [InlineData("increment: 64 KiB", "increment: 64 s", 17, "'increment' counts another thing")]
    [InlineData("increment: 64 KiB", "incremnt: 64 KiB", 17, "'incremnt' is not known here")]
    [InlineData("zone: eu, zeroRated", "zone: mars, zeroRated", 19, "names zone 'mars'")]
    [InlineData("kind: sms, zone", "kind: mms, zone", 19, "'kind' must be one of data, voice, sms")]
    [InlineData("eu: [\"208\"]", "eu: [\"2x8\"]", 10, "is no MCC")]
    [InlineData("eu: [\"208\"]", "eu: [\"00101\"]", 10, "is in two zones")]
    [InlineData("home: [\"00101\"]", "house: [\"00101\"]", 10, "no zone is named 'home'")]
    [InlineData("validTo: 2026-10-26", "validTo: 2026-11-26", 21, "the two overlap")]
    [InlineData("- version: 2", "- version: 1", 20, "must have a higher number")]
    [InlineData("validFrom: 2026-03-29", "validFrom: 2026-03-29T00:00:00", 11, "an instant with its offset")]
    [InlineData("vatPermille: 210", "vatPermille: 21 %", 4, "'vatPermille' must be")]
    [InlineData("currency: EUR", "currency: EURO", 10, "ISO 4217")]
    [InlineData("ratingGroups: [10, 20], price: \"0.123456789\"", "ratingGroups: [10, 20], price: \"0\"", 17, "C-854/19")]
    [InlineData("ratingGroups: [10, 20], price", "application: video, price", 17, "C-854/19")]
    public void Fault_IsReportedWithItsLine(string good, string bad, int line, string message)
    {
        Assert.Contains(good, Good, StringComparison.Ordinal);
        InputFaultException broken = Assert.Throws<InputFaultException>(() => Load(Good.Replace(good, bad, StringComparison.Ordinal)));

        Assert.Contains(
            broken.Faults,
            fault => fault.File == "go.yaml" && fault.Message.Contains(message, StringComparison.Ordinal) && fault.Line == line);
    }

    [Fact]
    public void ZeroRatedDataOfSomeRatingGroups_IsRefused()
    {
        string text = Good.Replace(
            "price: \"0.123456789\", per: 1 MiB, increment: 64 KiB, bundle: true", "zeroRated: true", StringComparison.Ordinal);

        Assert.Contains("C-854/19", Assert.Throws<InputFaultException>(() => Load(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralFaults_AreReportedTogether()
    {
        File.WriteAllText(Path.Combine(_folder, "a.yaml"), "offering: a\n  broken: [");
        File.WriteAllText(Path.Combine(_folder, "b.yaml"), "offering: b\nsurprise: 1\nversions: []\n");
        InputFaultException broken = Assert.Throws<InputFaultException>(() => CatalogueFolder.Load(_folder));

        Assert.Contains(
            broken.Faults, fault => fault.File == "a.yaml" && fault.Message.StartsWith("This is not YAML", StringComparison.Ordinal));
        Assert.Contains(broken.Faults, fault => fault is { File: "b.yaml", Line: 2 });
        Assert.Contains(
            broken.Faults, fault => fault.File == "b.yaml" && fault.Message.Contains("'currency' is missing", StringComparison.Ordinal));
        Assert.Contains(broken.Faults, fault => fault is { File: "b.yaml", Line: 3 });
    }

    [Theory]
    [InlineData("[go]", "EUR", "net", null)]
    [InlineData("[gone]", "EUR", "net", "'gone', which the catalogue does not have")]
    [InlineData("[go, gone]", "EUR", "net", "'gone', which the catalogue does not have")]
    [InlineData("[pass]", "EUR", "net", "'pass', which is an add-on itself")]
    [InlineData("[go]", "USD", "net", "which is in EUR, and this one in USD")]
    [InlineData("[go]", "EUR", "gross", "on the other basis")]
    public void AddOn_NeedsAMainOfferingWhoseAmountsHaveASumWithItsOwn(string addOnTo, string currency, string basis, string? wrong)
    {
        File.WriteAllText(Path.Combine(_folder, "pass.yaml"), $$"""
            offering: pass
            addOnTo: {{addOnTo}}
            currency: {{currency}}
            priceBasis: {{basis}}
            vatPermille: 210
            zones: { home: ["00101"], world: ["*"] }
            versions: [{ version: 1, validFrom: 2026-03-29, prices: [{ kind: event, price: "1", per: 1 unit }] }]
            """);
        if (wrong is null)
        {
            Assert.Equal(["go", "go", "pass"], Load(Good).Select(version => version.Offering));
            return;
        }

        InputFault fault = Assert.Single(Assert.Throws<InputFaultException>(() => Load(Good)).Faults);
        Assert.Equal(("pass.yaml", 2, "ADD_ON"), (fault.File, fault.Line, fault.Code));
        Assert.Contains(wrong, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfferingInTwoFiles_AndEmptyFolder_AreFaults()
    {
        File.WriteAllText(Path.Combine(_folder, "a.yaml"), Good);
        File.WriteAllText(Path.Combine(_folder, "b.yaml"), Good);
        Assert.Contains(
            "is in a.yaml already", Assert.Throws<InputFaultException>(() => CatalogueFolder.Load(_folder)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no catalogue", Assert.Throws<InputFaultException>(() => CatalogueFolder.Load(Path.Combine(_folder, "none"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void SampleCatalogue_PricesEveryKindOfUsage_EverywhereAndInBothDirections()
    {
        IReadOnlyList<OfferingVersion> versions = CatalogueFolder.Load(Repository.PathOf("src/BelgiCom.Streaming.Tool/Samples/catalogue"));
        OfferingIndex offerings = new();
        TariffSnapshot tariffs = new(versions, offerings);
        RatingSession session = new(45, 45);
        string[] names = [.. versions.Select(version => version.Offering).Distinct()];
        UInt128 id = 0;
        foreach ((int number, string offering) in names.Index())
        {
            session.SetSubscription((UInt128)number, [new SubscriptionPeriod { Account = "A", Offering = offering }], offerings);
        }

        UsageRecord[] usage =
        [
            .. from subscriber in Enumerable.Range(0, names.Length)
               from kind in new[] { UsageKind.Data, UsageKind.Voice, UsageKind.Sms }
               from direction in Enum.GetValues<Direction>()
               from network in new[] { "", "00101", "20801", "310260" }
               from ratingGroup in new long[] { -1, 10, 20, 100, 200, 4711 }
               select new UsageRecord
               {
                   UsageId = ++id,
                   Subscriber = (UInt128)subscriber,
                   Kind = kind,
                   Direction = direction,
                   ServingPlmn = Plmn.FromUsage(System.Text.Encoding.UTF8.GetBytes(network)),
                   RatingGroup = ratingGroup,
                   EventTimeMilliseconds = DateTimeOffset.Parse("2026-03-14T09:06:00Z", System.Globalization.CultureInfo.InvariantCulture)
                       .ToUnixTimeMilliseconds(),
                   TotalOctets = 1000,
                   DurationSeconds = 10,
                   Messages = 1,
               },
        ];
        RatingResult[] rated = new RatingResult[usage.Length];
        session.Rate(usage, tariffs, rated);

        Assert.Contains("mobile-start", names);
        Assert.All(rated, one => Assert.Equal(RatingOutcome.Rated, one.Outcome));
    }

    private IReadOnlyList<OfferingVersion> Load(string yaml)
    {
        File.WriteAllText(Path.Combine(_folder, "go.yaml"), yaml);
        return CatalogueFolder.Load(_folder);
    }
}
