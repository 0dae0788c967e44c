using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>
/// A catalogue that is right, broken in one place each: the whole catalogue is refused, with file, line and reason. The reasons of the law
/// name it; their numbers are those of the regulations and of published Belgian price lists.
/// </summary>
public sealed class BrokenCatalogueTests : IDisposable
{
    private const string Offering = """
        offering: plan
        name: Plan
        currency: EUR
        priceBasis: gross
        vatPermille: 210
        tables: [destinations, holidays, zones]
        bands:
          - { name: evening, days: [mon, tue, holiday], from: "19:00", to: "24:00" }
        versions:
          - version: 1
            validFrom: 2026-01-01
            validTo: 2026-07-01
            fees:
              - { id: monthly, price: "20.00", every: month, charged: inAdvance, proRata: days }
            bundles:
              - { id: gb, kind: data, units: 60 GB, zones: [home, rlah], priority: 1, fairUse: { zone: rlah, volume: 31 GB } }
            prices:
              - { id: emergency, kind: voice, destination: emergency, zeroRated: true }
              - { id: received, kind: voice, direction: terminating, price: "0", per: 60 s }
              - { id: p0903, kind: voice, destination: p0903, price: "1.50", per: 60 s }
              - { id: p0905, kind: voice, destination: p0905, model: flat, price: "2.00" }
              - { id: evening, kind: voice, destination: be, band: evening, price: "0.10", per: 60 s }
              - { id: be, kind: voice, destination: be, price: "0.25", per: 60 s,
                  steps: [{ from: 0 s, increment: 60 s }, { from: 60 s, increment: 1 s }] }
              - { id: eu, kind: voice, destination: eu, price: "0.23", per: 60 s }
              - { id: intl, kind: voice, destination: world, price: "1.20", per: 60 s, connectFee: "0.30" }
              - { id: rlah, kind: data, zone: rlah, price: "0.10", per: 1 MB, bundle: true, aboveFairUse: { price: "1.331", per: 1 GB } }
              - { id: data, kind: data, zone: home, price: "0.10", per: 1 MB, bundle: true }
              - { id: more, kind: data, zone: world, model: graduated,
                  tiers: [{ upTo: 1 GB, price: "3", per: 1 GB }, { price: "2", per: 1 GB }] }
              - { id: sms, kind: sms, price: "0.07", per: 1 message }
            commitments:
              - { id: frame, minimum: "10.00", maximum: "90.00", every: month, of: [data] }
            discounts:
              - { id: ten, of: [sms], percent: "10" }
            limits:
              - { id: limit, kinds: [data], zones: [rlah, world], amount: "50.00", basis: net,
                  steps: [{ at: 80 %, action: warn }, { at: 100 %, action: cutOff }] }
          - { version: 2, validFrom: 2026-07-01, validTo: 2027-01-01, sameAs: 1 }
        """;

    private const string Zones = """
        table: zones
        kind: zones
        versions:
          - version: 1
            validFrom: 2026-01-01
            zones:
              home: ["206"]
              rlah:
                ["202", "204", "208", "214", "216", "219", "222", "226", "230", "231", "232", "238", "240", "242", "244",
                 "246", "247", "248", "255", "259", "260", "262", "268", "270", "272", "274", "278", "280", "284", "293", "295"]
              world: ["*"]
        """;

    private const string Destinations = """
        table: destinations
        kind: destinations
        versions:
          - version: 1
            validFrom: 2026-01-01
            destinations:
              be: ["32"]
              p0903: ["32903"]
              p0905: ["32905"]
              eu:
                ["30", "31", "33", "34", "351", "352", "353", "354", "356", "357", "358", "359", "36", "370",
                 "371", "372", "385", "386", "39", "40", "420", "421", "423", "43", "45", "46", "47", "48", "49"]
              world: [""]
            short:
              emergency: ["100", "101", "112"]
        """;

    private const string Holidays = """
        table: holidays
        kind: holidays
        versions:
          - { version: 1, validFrom: 2020-01-01, holidays: [{ name: christmas, date: 12-25 }, { name: easter-monday, easter: 1 }] }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("broken").FullName;

    public BrokenCatalogueTests() => Directory.CreateDirectory(Path.Combine(_folder, "tables"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Catalogue_ThatIsNotBroken_HasNoFault_AndWarnsOfNothingButWhatIsNotApplied()
    {
        CatalogueContent read = Read("", "");

        Assert.Equal([1, 2], read.Versions.Select(version => version.Version));
        Assert.All(read.Warnings, warning => Assert.Equal("NOT_APPLIED", warning.Code));
    }

    [Theory]
    // What no number is.
    [InlineData("price: \"0.10\", per: 60 s", "price: \"010\", per: 60 s", 22, "BAD_NUMBER", "'price'")]
    [InlineData("price: \"0.10\", per: 60 s", "price: \".10\", per: 60 s", 22, "BAD_NUMBER", "'price'")]
    [InlineData("price: \"0.10\", per: 60 s", "price: \"1e3\", per: 60 s", 22, "BAD_NUMBER", "'price'")]
    [InlineData("units: 60 GB", "units: 060 GB", 16, "BAD_NUMBER", "'units'")]
    [InlineData("units: 60 GB", "units: 6.5 GB", 16, "BAD_NUMBER", "'units'")]
    [InlineData("priority: 1", "priority: -1", 16, "BAD_NUMBER", "'priority'")]
    [InlineData("from: \"19:00\"", "from: \"25:00\"", 8, "BAD_NUMBER", "time of the day")]
    [InlineData("percent: \"10\"", "percent: \"101\"", 35, "BAD_NUMBER", "0 to 100")]
    [InlineData("at: 80 %", "at: 80", 38, "BAD_NUMBER", "'at'")]
    [InlineData("date: 12-25", "date: 13-25", 4, "BAD_NUMBER", "'date'")]
    // What no name is.
    [InlineData("zones: [rlah, world], amount", "zones: [mars], amount", 10, "BROKEN_VERSION", "'mars'")]
    [InlineData("zone: home, price", "zone: mars, price", 28, "BROKEN_VERSION", "'mars'")]
    [InlineData("destination: p0903", "destination: p0999", 20, "BROKEN_VERSION", "'p0999'")]
    [InlineData("band: evening", "band: morning", 22, "BROKEN_VERSION", "'morning'")]
    [InlineData("per: 1 message }", "per: 0 messages }", 31, "BROKEN_VERSION", "at least 1 unit")]
    [InlineData(
        "units: 60 GB, zones: [home", "units: 60 GB, validFrom: 2026-02-01, validTo: 2026-01-01, zones: [home", 16,
        "BROKEN_VERSION", "ends before it begins")]
    [InlineData("currency: EUR", "currency: XTS", 3, "", "ISO 4217")]
    [InlineData("currency: EUR", "currency: BTC", 3, "", "ISO 4217")]
    [InlineData(
        "offering: plan",
        "offering: 01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567891",
        1, "", "at most 100")]
    [InlineData("tables: [destinations", "tables: [numbers", 6, "UNKNOWN_NAME", "'numbers'")]
    [InlineData("of: [data]", "of: [video]", 10, "UNKNOWN_NAME", "'video'")]
    [InlineData("of: [sms]", "of: [mms]", 10, "UNKNOWN_NAME", "'mms'")]
    [InlineData("id: limit, kinds", "id: limit, after: other, kinds", 37, "UNKNOWN_NAME", "'other'")]
    [InlineData("id: limit, kinds", "id: limit, scope: all, kinds", 37, "", "leave out 'kinds'")]
    [InlineData("amount: \"50.00\", basis: net", "amount: \"50.01\", basis: net", 37, "SPEND_LIMIT", "at most 50.00 without VAT")]
    [InlineData("amount: \"50.00\", basis: net", "amount: \"60.51\", basis: gross", 37, "SPEND_LIMIT", "at most 50.00 without VAT")]
    [InlineData("at: 80 %", "at: 81 %", 37, "SPEND_LIMIT", "warning at 80 %")]
    [InlineData("action: cutOff", "action: message", 37, "SPEND_LIMIT", "a stop")]
    [InlineData(
        "id: limit, kinds: [data], zones: [rlah, world], amount: \"50.00\", basis: net",
        "id: limit, scope: domestic, amount: \"50.01\", basis: gross", 37, "SPEND_LIMIT", "50.00 with VAT")]
    [InlineData("sameAs: 1", "sameAs: 3", 39, "UNKNOWN_NAME", "no version 3")]
    [InlineData("priority: 1", "prio: 1", 16, "UNKNOWN_KEY", "'prio'")]
    [InlineData("kinds: [data], zones", "kinds: [fax], zones", 37, "", "must be one of data, voice, sms, event")]
    // Versions and tables.
    [InlineData("validFrom: 2026-07-01, validTo", "validFrom: 2026-06-01, validTo", 39, "VERSIONS_OVERLAP", "overlap")]
    [InlineData("version: 2, validFrom", "version: 1, validFrom", 39, "", "higher number")]
    [InlineData("sameAs: 1 }", "sameAs: 1, prices: [] }", 39, "", "no content of its own")]
    [InlineData(
        "    validFrom: 2026-01-01\n    validTo: 2026-07-01",
        "    validFrom: 2025-01-01\n    validTo: 2026-07-01", 11, "TABLE_CHANGES", "no version in force")]
    [InlineData("be: [\"32\"]", "be: [\"32\", \"33\"]", 10, "BROKEN_VERSION", "is in two destinations")]
    [InlineData("be: [\"32\"]", "be: [\"+32\"]", 10, "BROKEN_VERSION", "is no prefix")]
    [InlineData("home: [\"206\"]", "home: [\"206\", \"208\"]", 10, "BROKEN_VERSION", "is in two zones")]
    [InlineData("easter: 1 }", "easter: 1, date: 01-01 }", 4, "", "either a 'date' or 'easter'")]
    [InlineData("kind: holidays", "kind: feasts", 2, "", "'kind' must be one of")]
    // Models.
    [InlineData("{ from: 60 s, increment: 1 s }", "{ from: 90 s, increment: 1 s }", 24, "STEP_INSIDE_INCREMENT", "inside an increment")]
    [InlineData("{ from: 60 s, increment: 1 s }", "{ from: 0 s, increment: 1 s }", 24, "STEPS_NOT_RISING", "after the one above")]
    [InlineData("{ price: \"2\", per: 1 GB }", "{ upTo: 9 GB, price: \"2\", per: 1 GB }", 30, "TIERS_END", "no 'upTo'")]
    [InlineData(
        "{ price: \"2\", per: 1 GB }",
        "{ upTo: 1 GB, price: \"2\", per: 1 GB }, { price: \"1\", per: 1 GB }", 30, "TIERS_NOT_RISING", "above")]
    [InlineData("model: flat, price", "model: flat, package: 3 s, price", 21, "", "'package' is for the model package")]
    [InlineData("model: flat, price", "model: pass, price", 21, "", "'validity' is missing")]
    [InlineData("id: eu, kind", "id: be, kind", 25, "", "id of another price")]
    [InlineData("id: sms, kind: sms", "id: sms, kinds: [sms, voice]", 31, "", "only a pass")]
    [InlineData("minimum: \"10.00\"", "minimum: \"100.00\"", 33, "", "must not be below")]
    [InlineData("units: 60 GB", "unlimited: true, units: 60 GB", 16, "", "keep one of them")]
    [InlineData("every: month, charged", "charged", 14, "", "'every' is missing")]
    [InlineData("increment: 60 s }", "increment: 60 B }", 24, "", "counts another thing")]
    // The law.
    [InlineData(
        "price: \"0.10\", per: 1 MB, bundle: true }",
        "ratingGroups: [7], model: zero }", 28, "ZERO_RATING_BY_APPLICATION", "C-854/19")]
    [InlineData("zone: home, price: \"0.10\"", "zone: home, app: video, price: \"0.10\"", 28, "ZERO_RATING_BY_APPLICATION", "2015/2120")]
    [InlineData("vatPermille: 210", "vatPermille: 60", 10, "VAT_RATE", "royal decree No 20")]
    [InlineData("zone: rlah, price: \"0.10\"", "zone: rlah, price: \"0.11\"", 27, "ROAMING_SURCHARGE", "2022/612")]
    [InlineData("\"255\", \"259\", \"260\"", "\"260\"", 16, "ROAMING_SURCHARGE", "network 255")]
    [InlineData("zones: [home, rlah], priority", "zones: [home], priority", 16, "ROAMING_SURCHARGE", "2022/612")]
    [InlineData(
        "direction: terminating, price: \"0\"",
        "direction: terminating, zone: rlah, price: \"0.01\"", 19, "ROAMING_SURCHARGE", "2022/612")]
    [InlineData("destination: eu, price: \"0.23\"", "destination: eu, price: \"0.24\"", 25, "UNION_CALL_CAP", "2015/2120 art. 5a")]
    [InlineData("\"33\", \"34\"", "\"34\"", 26, "UNION_CALL_CAP", "+33")]
    [InlineData("price: \"0.07\", per: 1 message", "price: \"0.08\", per: 1 message", 31, "UNION_CALL_CAP", "an SMS")]
    [InlineData("[\"100\", \"101\", \"112\"]", "[\"100\", \"101\"]", 26, "EMERGENCY_CALL", "2018/1972")]
    [InlineData("destination: p0903, price: \"1.50\"", "destination: p0903, price: \"1.51\"", 20, "SPECIAL_NUMBER_MAXIMUM", "1.50")]
    [InlineData(
        "destination: p0905, model: flat, price: \"2.00\"",
        "destination: p0905, price: \"0.10\", per: 60 s", 21, "SPECIAL_NUMBER_MAXIMUM", "maximumCharge")]
    [InlineData("price: \"1.331\"", "price: \"1.332\"", 27, "FAIR_USE_SURCHARGE", "1.10")]
    [InlineData("volume: 31 GB", "volume: 30 GB", 16, "FAIR_USE_VOLUME", "31 GB")]
    public void Catalogue_BrokenInOnePlace_IsRefusedWithLineAndReason(string good, string bad, int line, string code, string reason)
    {
        InputFaultException refused = Assert.Throws<InputFaultException>(() => Read(good, bad));

        Assert.Contains(
            refused.Faults,
            fault => fault.Line == line && fault.Code == code && fault.Message.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "      - { id: eu, kind",
        "      - { id: again, kind: voice, destination: be, price: \"0.20\", per: 60 s }\n      - { id: eu, kind", 25,
        "PRICE_HIDDEN", "no usage of voice")]
    [InlineData("model: flat, price", "model: flat, per: 60 s, price", 21, "NO_EFFECT", "'per' does nothing")]
    [InlineData("model: graduated,", "model: graduated, price: \"3\",", 29, "NO_EFFECT", "'price' does nothing")]
    [InlineData(
        "destination: emergency, zeroRated", "destination: emergency, connectFee: \"1\", zeroRated", 18, "NO_EFFECT", "'connectFee' does")]
    [InlineData("tables: [destinations, holidays, zones]", "tables: [destinations, zones]", 0, "", "")]
    [InlineData("days: [mon, tue, holiday]", "days: [holiday]", 0, "", "")]
    [InlineData("band: evening, price", "price", 10, "BAND_NEVER_HOLDS", "no price names band 'evening'")]
    [InlineData("be: [\"32\"]", "be: [\"32\", \"324\"]", 10, "PREFIX_HIDDEN", "'324'")]
    [InlineData("zone: home, price: \"0.10\", per: 1 MB, bundle: true", "zone: home, price: \"0.10\", per: 1 MB", 0, "", "")]
    [InlineData(
        "id: gb, kind: data, units: 60 GB, zones: [home, rlah], priority: 1, fairUse: { zone: rlah, volume: 31 GB }",
        "id: s, kind: sms, units: 5 messages", 16, "BUNDLE_UNUSED", "nothing draws it")]
    [InlineData(
        "id: gb, kind: data, units: 60 GB, zones: [home, rlah], priority: 1, fairUse: { zone: rlah, volume: 31 GB }",
        "id: s, kind: sms, units: 5 messages", 28, "BUNDLE_MISSING", "none is for its kind")]
    [InlineData("id: data, kind: data, zone: home", "id: data, kind: data, ratingGroups: [7], zone: home", 10, "GAP", "data in zone home")]
    [InlineData(
        "      - { id: received, kind: voice, direction: terminating, price: \"0\", per: 60 s }\n",
        "", 10, "GAP", "calls received in zones home, rlah, world")]
    [InlineData(
        "{ id: p0905, kind: voice, destination: p0905",
        "{ id: p0905, kind: voice, zone: home, destination: p0905", 10, "GAP", "calls made in zones rlah, world to p0905")]
    public void Catalogue_ThatCanBeUsed_IsWarnedOf(string good, string bad, int line, string code, string reason)
    {
        CatalogueContent read = Read(good, bad);

        IEnumerable<InputFault> warnings = read.Warnings.Where(warning => warning.Code != "NOT_APPLIED");
        if (code.Length == 0)
        {
            Assert.Empty(warnings);
        }
        else
        {
            Assert.Contains(
                warnings,
                warning => warning.Line == line && warning.Code == code && warning.Message.Contains(reason, StringComparison.Ordinal));
        }
    }

    /// <summary>A person mends all of them at once, so all are told, each where it stands.</summary>
    [Fact]
    public void PricesThatCannotBeUsed_AreAllNamed_EachInItsLine()
    {
        File.WriteAllText(
            Path.Combine(_folder, "test.yaml"),
            """
            offering: test
            currency: EUR
            vatPermille: 210
            zones: { home: ["00101"] }
            versions:
              - version: 1
                validFrom: 2026-01-01
                bundles:
                  - { id: gb, kind: data, units: 0 GB }
                prices:
                  - { kind: data, zone: mars, price: "2.00", per: 1 MB }
                  - { kind: voice, price: "1.00", per: 60 s }
                  - { kind: sms, price: "1.00", per: 0 messages }
            """);

        IReadOnlyList<InputFault> faults = Assert.Throws<InputFaultException>(() => CatalogueFolder.Read(_folder)).Faults;

        Assert.Equal([11, 13, 9], faults.Select(fault => fault.Line));
        Assert.All(faults, fault => Assert.Equal("BROKEN_VERSION", fault.Code));
    }

    /// <summary>0xE9 is é in Latin-1; in UTF-8 it is the begin of three octets, and a newline is none of them.</summary>
    [Fact]
    public void FileThatIsNoUtf8_IsRefused_WithTheLine()
    {
        File.WriteAllBytes(Path.Combine(_folder, "test.yaml"), "offering: test\nname: Caf\u00e9\n"u8.ToArray());
        Assert.DoesNotContain(
            Assert.Throws<InputFaultException>(() => CatalogueFolder.Read(_folder)).Faults, fault => fault.Code == "NOT_UTF8");

        File.WriteAllBytes(Path.Combine(_folder, "test.yaml"), Encoding.Latin1.GetBytes("offering: test\nname: Caf\u00e9\n"));
        InputFault fault = Assert.Single(Assert.Throws<InputFaultException>(() => CatalogueFolder.Read(_folder)).Faults);

        Assert.Equal((2, "NOT_UTF8"), (fault.Line, fault.Code));
    }

    /// <summary>What is sold to nobody may cost anything: the samples and test cases of a test network stay as they are.</summary>
    [Fact]
    public void SurchargeOfATestNetwork_IsAWarning()
    {
        File.WriteAllText(
            Path.Combine(_folder, "test.yaml"),
            """
            offering: test
            currency: EUR
            vatPermille: 210
            zones: { home: ["00101"], eu: ["208"] }
            versions:
              - version: 1
                validFrom: 2026-01-01
                prices:
                  - { kind: data, zone: eu, price: "2.00", per: 1 MB }
                  - { kind: data, price: "1.00", per: 1 MB }
            """);

        Assert.Contains(CatalogueFolder.Read(_folder).Warnings, warning => warning is { Code: "ROAMING_SURCHARGE", Line: 9 });
    }

    /// <summary>400 zones, 100 prices and more than 60 sets of bands are more than two million places, times and prices.</summary>
    [Fact]
    public void VersionThatIsTooLargeToLookAt_SaysSo()
    {
        string zones = string.Join(", ", Enumerable.Range(301, 399).Select(mcc => $"z{mcc}: [\"{mcc}\"]"));
        string bands = string.Join('\n', Enumerable.Range(0, 64).Select(
            band => $"  - {{ name: b{band}, from: \"00:{band % 60:D2}\", to: \"23:{band % 60:D2}\" }}"));
        string prices = string.Join('\n', Enumerable.Range(0, 100).Select(
            price => $"      - {{ kind: data, band: b{price % 64}, price: \"0.10\", per: 1 MB }}"));
        File.WriteAllText(
            Path.Combine(_folder, "plan.yaml"),
            $$"""
            offering: large
            name: Large
            currency: EUR
            vatPermille: 210
            zones: { home: ["206"], {{zones}} }
            bands:
            {{bands}}
            versions:
              - version: 1
                validFrom: 2026-01-01
                prices:
            {{prices}}
            """);
        Assert.Contains(CatalogueFolder.Read(_folder).Warnings, warning => warning.Code == "NOT_LOOKED_AT");
    }

    /// <summary>
    /// Members' usage is counted with the account from a version that shares on, so that it may change with a month only.
    /// </summary>
    [Theory]
    [InlineData("2026-07-01", "shared: account, ", "", false)]
    [InlineData("2026-07-01", "", "shared: account, ", false)]
    [InlineData("2026-07-15", "shared: account, ", "shared: account, ", false)]
    [InlineData("2026-07-15", "", "", false)]
    [InlineData("2026-07-15", "shared: account, ", "", true)]
    [InlineData("2026-07-01T00:00:01+02:00", "", "shared: account, ", true)]
    public void BundleThatBeginsOrCeasesToBeShared_InMidMonth_IsRefused(string from, string before, string after, bool isRefused)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "family")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "family.yaml"),
            $$"""
            offering: family
            currency: EUR
            vatPermille: 210
            zones: { home: ["00101"] }
            versions:
              - version: 1
                validFrom: 2026-01-01
                bundles:
                  - { id: gb, kind: data, {{before}}units: 1 GB }
                prices:
                  - { id: data, kind: data, price: "1.00", per: 1 MB, bundle: true }
              - version: 2
                validFrom: {{from}}
                bundles:
                  - { id: gb, kind: data, {{after}}units: 1 GB }
                prices:
                  - { id: data, kind: data, price: "1.00", per: 1 MB, bundle: true }
            """);

        if (!isRefused)
        {
            Assert.Equal(2, CatalogueFolder.Read(folder).Versions.Count);
            return;
        }

        Assert.Equal("SHARING_CHANGES", Assert.Single(Assert.Throws<InputFaultException>(() => CatalogueFolder.Read(folder)).Faults).Code);
    }

    [Fact]
    public void TableThatChanges_WhileAVersionIsInForce_IsRefused_AndSameAsTakesTheNewOne()
    {
        string changed = Zones + "\n  - { version: 2, validFrom: 2026-07-01, zones: { home: [\"206\"], world: [\"*\"] } }\n";
        string grown = Zones + "\n" + Zones[Zones.IndexOf("  - version", StringComparison.Ordinal)..]
            .Replace("version: 1", "version: 2", StringComparison.Ordinal)
            .Replace("2026-01-01", "2026-07-01", StringComparison.Ordinal)
            .Replace("world:", "sea: [\"901\"]\n      world:", StringComparison.Ordinal);

        Assert.Contains(
            Assert.Throws<InputFaultException>(() => Read("validTo: 2026-07-01", "validTo: 2026-08-01", changed)).Faults,
            fault => fault is { Code: "TABLE_CHANGES", Line: 11 } && fault.Message.Contains("2026-07-01", StringComparison.Ordinal));
        CatalogueContent read = Read("", "", grown);
        Assert.Equal([3, 4], read.Versions.Select(version => version.Zones.Count));
        Assert.Equal(
            BelgianCalendar.StartOfDay(new DateOnly(2026, 7, 1)), read.Versions.Single(version => version.Zones.Count == 4).ValidFrom);
    }

    private CatalogueContent Read(string good, string bad, string? zones = null)
    {
        Assert.Contains(good, Offering + Zones + Destinations + Holidays, StringComparison.Ordinal);
        string Broken(string text) => good.Length == 0 ? text : text.Replace(good, bad, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "plan.yaml"), Broken(Offering));
        File.WriteAllText(Path.Combine(_folder, "tables", "zones.yaml"), Broken(zones ?? Zones));
        File.WriteAllText(Path.Combine(_folder, "tables", "destinations.yaml"), Broken(Destinations));
        File.WriteAllText(Path.Combine(_folder, "tables", "holidays.yaml"), Broken(Holidays));
        return CatalogueFolder.Read(_folder);
    }
}
