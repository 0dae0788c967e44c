using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Contracts.Generator;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>The rules of schemas/README.md, and that the C# is what the schemas say.</summary>
public sealed class SchemaTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "schemas");

    public static TheoryData<string> Files =>
        [
            .. Directory.GetFiles(Folder, "*.avsc", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/'))];

    [Fact]
    public void GeneratedCode_OfTheSchemas_IsUpToDate()
    {
        string output = Path.Combine(Repository.Root, ContractsGenerator.OutputFolder);
        IReadOnlyDictionary<string, string> fresh = ContractsGenerator.Generate(Folder);
        string[] written = [.. Directory.GetFiles(output, "*.cs").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.Equal(fresh.Keys.Order(StringComparer.Ordinal), written);
        Assert.All(fresh, file => Assert.True(
            File.ReadAllText(Path.Combine(output, file.Key)) == file.Value,
            $"{file.Key} differs: run 'dotnet run --project src/BelgiCom.Streaming.Contracts.Generator'."));
    }

    [Fact]
    public void Generator_GivenATypeThatDiffersBetweenFiles_Refuses()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("schemas");
        try
        {
            Write(folder, "a.v1", "A", """["X"]""");
            Write(folder, "b.v1", "B", """["X","Y"]""");
            AvroSchemaDiffers(() => ContractsGenerator.Generate(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Topics_OfTheCode_AreTheFoldersOfTheSchemas()
    {
        Assert.Equal(
            Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal),
            Topics.All.Select(topic => topic.Name).Order(StringComparer.Ordinal));
        Assert.All(Topics.All, topic =>
        {
            string file = Assert.Single(Directory.GetFiles(Path.Combine(Folder, topic.Name), "*.avsc"));
            Assert.True(JsonElement.DeepEquals(Parse(File.ReadAllText(file)), Parse(topic.SchemaJson)), topic.Name);
        });
    }

    [Theory, MemberData(nameof(Files))]
    public void Schema_OfEachTopic_KeepsTheRules(string file)
    {
        JsonElement record = Parse(File.ReadAllText(Path.Combine(Folder, file)));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), record.GetProperty("name").GetString());
        Assert.Equal("be.belgicom.streaming", record.GetProperty("namespace").GetString());
        Check(record, Path.GetFileNameWithoutExtension(file));
    }

    private static void Check(JsonElement schema, string path)
    {
        switch (schema.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (JsonElement branch in schema.EnumerateArray())
                {
                    Check(branch, path);
                }

                break;
            case JsonValueKind.Object:
                CheckType(schema, path);
                break;
            default:
                Assert.False(schema.GetString() is "float" or "double", $"{path}: binary floating point");
                break;
        }
    }

    private static void CheckType(JsonElement schema, string path)
    {
        JsonElement type = schema.GetProperty("type");
        switch (type.ValueKind == JsonValueKind.String ? type.GetString() : "")
        {
            case "record":
                AssertDocumented(schema, path);
                foreach (JsonElement field in schema.GetProperty("fields").EnumerateArray())
                {
                    CheckField(field, $"{path}.{field.GetProperty("name").GetString()}");
                }

                break;
            case "enum":
                AssertDocumented(schema, path);
                string first = schema.GetProperty("symbols")[0].GetString()!;
                Assert.True(
                    schema.TryGetProperty("default", out JsonElement value) && value.GetString() == first,
                    $"{path}: the default is the first symbol");
                break;
            case "fixed":
                AssertDocumented(schema, path);
                break;
            case "array":
                Check(schema.GetProperty("items"), path + "[]");
                break;
            case "bytes" when schema.TryGetProperty("logicalType", out JsonElement logical):
                Assert.Equal("decimal", logical.GetString());
                Assert.Equal((18, 9), (schema.GetProperty("precision").GetInt32(), schema.GetProperty("scale").GetInt32()));
                break;
        }
    }

    private static void CheckField(JsonElement field, string path)
    {
        AssertDocumented(field, path);
        string name = field.GetProperty("name").GetString()!;
        JsonElement type = field.GetProperty("type");
        Assert.Matches("^[a-z][A-Za-z0-9]*$", name);
        string text = type.GetRawText();
        bool isTime = name.EndsWith("Time", StringComparison.Ordinal) || name is "time" or "validFrom" or "validTo";
        Assert.True(!isTime || text.Contains("timestamp-millis", StringComparison.Ordinal), $"{path}: a time is timestamp-millis");
        bool isMoney = name.EndsWith("Price", StringComparison.Ordinal) || name.EndsWith("Spend", StringComparison.Ordinal)
            || name.EndsWith("Fee", StringComparison.Ordinal) || name is "amount" or "roamingDataLimit";
        Assert.True(!isMoney || text.Contains("decimal", StringComparison.Ordinal), $"{path}: money is decimal(18,9)");
        Check(type, path);
    }

    private static void AssertDocumented(JsonElement element, string path) =>
        Assert.True(
            element.TryGetProperty("doc", out JsonElement doc) && doc.GetString()!.EndsWith('.'), $"{path}: a doc of whole sentences");

    private static void AvroSchemaDiffers(Action generate) =>
        Assert.Contains("differently", Assert.ThrowsAny<FormatException>(generate).Message, StringComparison.Ordinal);

    private static void Write(DirectoryInfo folder, string topic, string record, string symbols) => File.WriteAllText(
        Path.Combine(folder.CreateSubdirectory(topic).FullName, $"{record}.avsc"),
        $$"""
        {"type":"record","name":"{{record}}","namespace":"n","doc":"A record.","fields":[
          {"name":"kind","type":{"type":"enum","name":"Kind","symbols":{{symbols}},"default":"X","doc":"A kind."},"doc":"A field."}]}
        """);

    private static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
