namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>Folders of one project do not use each other in a circle, and there is no type that nobody needs.</summary>
public sealed class StructureTests
{
    private static readonly Lazy<SourceGraph> Graph = new(() => new SourceGraph(Repository.AllSources("src")));

    [Fact]
    public void Folders_OfAProject_HaveNoCircles() => SourceRuleTests.AssertNone(Graph.Value.FolderCycles());

    [Fact]
    public void Types_OfTheSource_AreNamedSomewhere() => SourceRuleTests.AssertNone(
        Graph.Value.Unnamed());

    /// <summary>Each project has one namespace, so that folders may move without a change in anybody's usings.</summary>
    [Fact]
    public void Namespace_OfEachFile_IsItsProject()
    {
        IEnumerable<string> other =
            from folder in new[] { "src", "tests" }
            from source in Repository.Sources(folder)
            from line in source.Text.Split('\n')
            where line.StartsWith("namespace ", StringComparison.Ordinal) && line != $"namespace {source.Path.Split('/')[1]};"
                && !Foreign.Contains(source.Path)
            select $"{source.Path}: {line}";
        SourceRuleTests.AssertNone(other);
    }

    // Apache.Avro's specific reader finds types by the schema's namespace, so these cannot have the project's.
    private static readonly string[] Foreign = ["src/BelgiCom.Streaming.Bench/Load/SpecificUsage.cs"];

    [Fact]
    public void FolderCycles_GivenTwoRoomsThatNameEachOther_NamesBoth() => Assert.Equal(
        ["P: A -> B (Second)", "P: B -> A (First)"],
        new SourceGraph(
            [("src/P/A/First.cs", "class First { Second s; }"), ("src/P/B/Second.cs", "class Second { First f; }")]).FolderCycles());

    [Fact]
    public void FolderCycles_GivenOneDirection_FindsNone() => Assert.Empty(
        new SourceGraph([("src/P/A/First.cs", "class First { Second s; }"), ("src/P/B/Second.cs", "class Second;")]).FolderCycles());

    [Fact]
    public void FolderCycles_ThroughTheTopOfAProject_AreItsWiring() => Assert.Empty(
        new SourceGraph([("src/P/Top.cs", "class Top { Room r; }"), ("src/P/A/Room.cs", "class Room { Top t; }")]).FolderCycles());

    [Fact]
    public void Unnamed_GivenATypeThatOnlyAnExtensionMethodUses_FindsTheOther() => Assert.Equal(
        ["src/P/Lonely.cs: Lonely"],
        new SourceGraph(
        [
            ("src/P/Lonely.cs", "class Lonely { void M() => 1.Twice(); }"),
            ("src/P/Twice.cs", "static class NumberExtensions { public static int Twice(this int number) => 2 * number; }"),
        ]).Unnamed());
}
