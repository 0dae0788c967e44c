using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Testing;
using Json.Schema;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>The JSON Schemas with which an editor checks catalogue files: they say what the reader says.</summary>
public sealed class CatalogueSchemaTests : IDisposable
{
    private const string Nobody = "nobodyKnows";

    // Each kind of section once, with a key that nobody knows.
    private const string Offering = """
        offering: o
        currency: EUR
        vatPermille: 210
        zones: { home: ["206"] }
        bands: [{ name: b, nobodyKnows: 1 }]
        nobodyKnows: 1
        versions:
          - version: 1
            validFrom: 2026-01-01
            nobodyKnows: 1
            bundles:
              - id: b
                kind: data
                units: 1 GB
                fairUse: { zone: home, volume: regulation, nobodyKnows: 1 }
                rollover: { maximum: 1 GB, nobodyKnows: 1 }
                proRata: { days: true, nobodyKnows: 1 }
                nobodyKnows: 1
            prices:
              - id: p
                kind: data
                steps: [{ from: 0 B, price: "1", per: 1 GB, nobodyKnows: 1 }]
                tiers: [{ price: "1", per: 1 GB, nobodyKnows: 1 }]
                freeBefore: { sms: 1 message, nobodyKnows: 1 }
                aboveFairUse: { price: "1", per: 1 GB, nobodyKnows: 1 }
                nobodyKnows: 1
            fees: [{ id: f, every: month, tiers: [{ price: "1", nobodyKnows: 1 }], nobodyKnows: 1 }]
            commitments: [{ id: c, minimum: "1", nobodyKnows: 1 }]
            discounts: [{ id: d, percent: "1", nobodyKnows: 1 }]
            limits: [{ id: l, amount: "1", steps: [{ at: 1 %, action: warn, nobodyKnows: 1 }], nobodyKnows: 1 }]
            onTopUp: [{ atLeast: "1", bundle: { id: t, kind: data, units: 1 GB, validity: 1 day, nobodyKnows: 1 }, nobodyKnows: 1 }]
            reservation: { voice: 60 s, nobodyKnows: 1 }
        """;

    private static readonly string Folder = OfferingExampleTests.Folder;
    private static readonly string OfferingSchema = File.ReadAllText(Path.Combine(Folder, "offering.schema.json"));
    private static readonly string TableSchema = File.ReadAllText(Path.Combine(Folder, "tables", "table.schema.json"));

    private readonly string _folder = Directory.CreateTempSubdirectory("schema").FullName;

    public static TheoryData<string> Examples =>
    [
        .. Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Repository.PathOf("src/BelgiCom.Streaming.Tool/Samples/catalogue"), "*.yaml"))
            .Select(path => Path.GetRelativePath(Repository.PathOf(""), path)),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_IsValid(string path)
    {
        string text = path.Contains("tables", StringComparison.Ordinal) ? TableSchema : OfferingSchema;

        Assert.True(IsValid(text, File.ReadAllText(Repository.PathOf(path))));
    }

    /// <summary>An editor shows what the reader would refuse, as far as one place tells.</summary>
    [Theory]
    [InlineData("price: \"0.25\"", "price: \"025\"")]
    [InlineData("price: \"0.25\"", "price: 0.25 EUR")]
    [InlineData("units: 60 GB", "units: 60 XB")]
    [InlineData("kind: data", "kind: fax")]
    [InlineData("kind: data,", "")]
    [InlineData("validFrom: 2026-01-01", "validFrom: 1 January")]
    [InlineData("vatPermille: 210", "vatPermille: 21 %")]
    [InlineData("increment: 1 kB", "incremnt: 1 kB")]
    [InlineData("at: 80 %", "at: 80")]
    public void Example_Broken_IsInvalid(string good, string bad)
    {
        string text = File.ReadAllText(Path.Combine(Folder, "be-plan-60.yaml"));
        Assert.Contains(good, text, StringComparison.Ordinal);

        Assert.False(IsValid(OfferingSchema, text.Replace(good, bad, StringComparison.Ordinal)));
    }

    /// <summary>The reader names the keys that it knows in each section; the schema has the same.</summary>
    [Fact]
    public void SchemaAndReader_KnowTheSameKeys()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "tables"));
        File.WriteAllText(Path.Combine(_folder, "o.yaml"), Offering);
        foreach ((string kind, string content) in new[]
        {
            ("zones", "zones: { home: [\"206\"] }"), ("destinations", "destinations: { be: [\"32\"] }"),
            ("holidays", "holidays: [{ name: h, easter: 1, nobodyKnows: 1 }]"),
            ("limits", "limits: [{ id: l, scope: all, amount: \"1\", basis: net, nobodyKnows: 1, steps: "
                + "[{ at: 1 %, action: warn, nobodyKnows: 1 }] }]"),
        })
        {
            File.WriteAllText(
                Path.Combine(_folder, "tables", $"{kind}.yaml"),
                $"table: {kind}\nkind: {kind}\nnobodyKnows: 1\nversions:\n"
                + $"  - {{ version: 1, validFrom: 2026-01-01, {content}, nobodyKnows: 1 }}\n");
        }

        string[] reader =
        [
            .. Assert.Throws<InputFaultException>(() => CatalogueFolder.Read(_folder)).Faults
                .Where(fault => fault.Message.StartsWith($"'{Nobody}'", StringComparison.Ordinal))
                .Select(fault => Sorted(fault.Message.TrimEnd('.').Split("known are ")[1].Split(", ")))
                .Distinct().Order(StringComparer.Ordinal),
        ];
        string[] schema = [
            .. KeysOf(OfferingSchema).Concat(KeysOf(TableSchema)).Distinct().Order(StringComparer.Ordinal)];

        Assert.Equal(schema, reader);
    }

    private static IEnumerable<string> KeysOf(string schema)
    {
        JsonObject root = JsonNode.Parse(schema)!.AsObject();
        foreach (JsonNode? section in root["$defs"]!.AsObject().Select(definition => definition.Value).Append(root))
        {
            if (section!["properties"] is JsonObject properties)
            {
                yield return Sorted(properties.Select(property => property.Key));
            }
        }
    }

    private static string Sorted(IEnumerable<string> keys) => string.Join(' ', keys.Order(StringComparer.Ordinal));

    private static bool IsValid(string schema, string yaml)
    {
        YamlStream stream = [];
        using StringReader reader = new(yaml);
        stream.Load(reader);
        JsonElement json = JsonSerializer.SerializeToElement(ToJson(stream.Documents[0].RootNode));
        return JsonSchema.FromText(schema, new BuildOptions { SchemaRegistry = new SchemaRegistry() }).Evaluate(json).IsValid;
    }

    /// <summary>What an editor takes a value for (YAML 1.2, core schema).</summary>
    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(
            mapping.Children.Select(child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, ToJson(child.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => quoted.Value,
        YamlScalarNode { Value: "true" } => true,
        YamlScalarNode { Value: "false" } => false,
        YamlScalarNode { Value: { } text } when long.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
        YamlScalarNode { Value: { } text } when decimal.TryParse(
            text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) => number,
        _ => ((YamlScalarNode)node).Value,
    };
}
