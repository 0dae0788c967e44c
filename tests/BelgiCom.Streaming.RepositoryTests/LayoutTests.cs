namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>
/// Who has learned one worker knows all: each has the same files, and nothing lies at the top that the README does not explain.
/// </summary>
public sealed class LayoutTests
{
    private static readonly string[] TopFolders = ["deploy", "docs", "samples", "schemas", "src", "tests"];

    // Tools write these folders, and git ignores them.
    private static readonly string[] Local = ["bin", "obj", "artifacts", "TestResults", "data", "node_modules"];

    public static TheoryData<string> Workers => ["Adapters", "BillingSync", "CdrRetention", "Rating"];

    [Theory, MemberData(nameof(Workers))]
    public void Worker_OfEachKind_HasTheFilesOfAWorker(string worker)
    {
        string folder = FolderOf(worker);
        string[] files = [
            .. Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))];

        // What an adapter takes is a file, not a batch of records.
        string mainPath = worker == "Adapters" ? "Files/FileIntake.cs" : $"{worker}BatchHandler.cs";
        string[] expected = ["Program.cs", $"{worker}WorkerExtensions.cs", mainPath, $"{worker}Log.cs", $"{worker}Metrics.cs"];
        Assert.Equal([], expected.Except(files));
    }

    /// <summary>What a worker does lies in the library of its domain; the worker itself has what runs it, and no folders.</summary>
    [Theory]
    [InlineData("BillingSync")]
    [InlineData("CdrRetention")]
    public void Worker_OfADomain_HasNothingBesideWhatRunsIt(string worker)
    {
        // Evidence compares a topic with the domain's store, and only a worker knows both.
        string[] running =
            ["Program.cs", "WorkerExtensions.cs", "Worker.cs", "BatchHandler.cs", "Log.cs", "Metrics.cs", "Evidence.cs"];
        string project = $"src/BelgiCom.Streaming.{worker}.Worker/";
        SourceRuleTests.AssertNone(
            Repository.Sources("src").Select(source => source.Path)
                .Where(path => path.StartsWith(project, StringComparison.Ordinal))
                .Where(path => path[project.Length..].Contains('/') || !running.Any(path.EndsWith)));
    }

    [Fact]
    public void Workers_OfTheRepository_AreThese() => Assert.Equal(
        Workers.Select(row => $"{row.Data}.Worker"),
        Repository.Projects("src").Keys.Where(name => name.EndsWith(".Worker", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Workers))]
    public void Program_OfAWorker_IsOneStatement(string worker)
    {
        string program = File.ReadAllText(Path.Combine(FolderOf(worker), "Program.cs"));
        Assert.Equal(
            1, program.Split('\n').Count(line => line.TrimEnd().EndsWith(';') && !line.StartsWith("using ", StringComparison.Ordinal)));
        Assert.Contains($"Add{worker}Worker", program, StringComparison.Ordinal);
    }

    [Fact]
    public void TopFolders_OfTheRepository_AreTheOnesWeKnow()
    {
        IEnumerable<string> folders = Directory.GetDirectories(Repository.Root)
            .Select(path => Path.GetFileName(path)!)
            .Where(name => !name.StartsWith('.'));
        Assert.All(folders.Except(Local), folder => Assert.Contains(folder, TopFolders));
    }

    [Fact]
    public void Projects_OfTheRepository_AreInTheSolution()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "BelgiCom.Streaming.sln"));
        Assert.All(
            Repository.Projects("src").Keys.Concat(Repository.Projects("tests").Keys),
            project => Assert.Contains($"BelgiCom.Streaming.{project}.csproj", solution, StringComparison.Ordinal));
        Assert.All(
            Repository.Projects("samples").Keys,
            project => Assert.Contains($@"samples\{project}\{project}.csproj", solution, StringComparison.Ordinal));
    }

    private static string FolderOf(string worker) => Path.Combine(Repository.Root, "src", $"BelgiCom.Streaming.{worker}.Worker");
}
