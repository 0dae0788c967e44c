namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>Who may reference what. A new line here is a decision about the design, not a fix of a test.</summary>
public sealed class ReferenceTests
{
    private const string AnyPackage = "*";

    private static readonly string[] WorkerBase = ["Contracts", "Kafka", "Hosting"];
    private static readonly string[] Testing = ["Testing"];

    // For each project: our projects that it may reference, then packages and frameworks (a final '*' stands for any end).
    private static readonly Dictionary<string, (string[] Projects, string[] Packages)> Allowed = new()
    {
        ["Avro"] = ([], []),
        ["Contracts"] = (["Avro"], []),
        ["Contracts.Generator"] = (["Avro"], []),
        ["Privacy"] = (["Contracts", "Storage"], []),
        ["Audit"] = (["Contracts", "Privacy", "Kafka"], []),
        ["Rating"] = (["Contracts"], []),
        ["Storage"] = ([], ["Microsoft.Data.Sqlite", "Npgsql"]),
        ["Billing"] = (["Contracts", "Storage", "Rating"], ["Npgsql", "System.IO.Hashing"]),
        ["Retention"] = (["Contracts", "Privacy", "Audit", "Storage"], ["Microsoft.Extensions.Configuration.Json"]),
        ["Catalogue"] = (["Contracts", "Privacy", "Kafka", "Rating"], ["YamlDotNet"]),
        ["Kafka"] = (
            ["Avro"],
            ["Confluent.Kafka", "Confluent.SchemaRegistry", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options"]),
        ["LocalKafka"] = (["Avro"], ["Microsoft.AspNetCore.App", "K4os.Compression.LZ4.Streams", "Snappier", "ZstdSharp.Port"]),
        ["Hosting"] = ([], ["Microsoft.AspNetCore.App", "Serilog*", "prometheus-net*"]),
        ["Adapters"] = (["Contracts", "Privacy", "Storage"], ["System.IO.Hashing"]),
        ["Generation"] = (["Adapters"], []),
        ["Adapters.Worker"] = ([.. WorkerBase, "Privacy", "Storage", "Adapters"], ["Microsoft.AspNetCore.App"]),
        ["Rating.Worker"] = ([.. WorkerBase, "Privacy", "Adapters", "Rating"], ["Microsoft.AspNetCore.App"]),
        ["CdrRetention.Worker"] = ([.. WorkerBase, "Privacy", "Audit", "Storage", "Retention"], ["Microsoft.AspNetCore.App"]),
        ["BillingSync.Worker"] = ([.. WorkerBase, "Storage", "Billing"], ["Microsoft.AspNetCore.App"]),
        ["Tool"] = ([AnyPackage], [AnyPackage]),
        ["Bench"] = (["Tool"], ["Apache.Avro"]),
    };

    public static TheoryData<string> SourceProjects => [.. Repository.Projects("src").Keys.Order(StringComparer.Ordinal)];

    public static TheoryData<string> TestProjects => [.. Repository.Projects("tests").Keys.Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(SourceProjects))]
    public void SourceProject_References_OnlyWhatItMay(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} is new: decide here what it may reference.");
        (string[] projects, string[] packages) = Allowed[project];
        Assert.All(
            ProjectReferences("src", project),
            reference => Assert.True(Matches(projects, reference), $"{project} must not reference {reference}"));
        Assert.All(
            PackageReferences("src", project), package => Assert.True(Matches(packages, package), $"{project} must not need {package}"));
        Assert.All(ProjectReferences("src", project), reference => Assert.DoesNotContain(reference, Repository.Projects("tests").Keys));
    }

    /// <summary>
    /// X.Tests references X and Testing; end-to-end suites reference the workers. Where only one project is under test, a failure's place
    /// is clear.
    /// </summary>
    [Theory, MemberData(nameof(TestProjects))]
    public void TestProject_References_OnlyWhatItTests(string project)
    {
        string[] extra = project switch
        {
            "Testing" => ["Contracts", "Kafka", "LocalKafka"],
            "Adapters.Tests" or "Adapters.Worker.Tests" => ["Generation"],
            "RepositoryTests" => ["Contracts", "Contracts.Generator"],
            "IntegrationTests" =>
                ["Tool", "BillingTableConsumer", "Adapters.Worker", "Rating.Worker", "CdrRetention.Worker", "BillingSync.Worker"],
            "FaultTests" => ["Rating.Worker"],
            _ => [],
        };
        string[] allowed = [.. Testing, .. extra, project.Replace(".Tests", "", StringComparison.Ordinal)];
        Assert.All(ProjectReferences("tests", project), reference => Assert.Contains(reference, allowed));
    }

    /// <summary>A sample is copied out of here, so it stands alone.</summary>
    [Fact]
    public void Sample_References_NothingOfOurs() => Assert.All(
        Repository.Projects("samples").Values, sample => Assert.Empty(sample.Descendants("ProjectReference")));

    [Fact]
    public void SourceProject_OfEachName_HasTests()
    {
        string[] untested = ["Contracts.Generator"]; // RepositoryTests compares what it writes.
        Assert.All(
            Repository.Projects("src").Keys.Except(untested),
            project => Assert.Contains($"{project}.Tests", Repository.Projects("tests").Keys));
    }

    [Fact]
    public void PackageVersions_OfAllProjects_AreCentral()
    {
        IEnumerable<string> own =
            from folder in new[] { "src", "tests", "samples" }
            from project in Repository.Projects(folder)
            from reference in project.Value.Descendants("PackageReference")
            where reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null
            select $"{project.Key}: {reference.Attribute("Include")!.Value}";
        Assert.Empty(own);
    }

    private static IEnumerable<string> ProjectReferences(string folder, string project) => Repository.Projects(folder)[project]
        .Descendants("ProjectReference")
        .Select(reference => Repository.Short(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))));

    private static IEnumerable<string> PackageReferences(string folder, string project) => Repository.Projects(folder)[project]
        .Descendants()
        .Where(element => element.Name.LocalName is "PackageReference" or "FrameworkReference")
        .Select(reference => reference.Attribute("Include")!.Value);

    private static bool Matches(string[] allowed, string name) => allowed.Any(pattern =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern);
}
