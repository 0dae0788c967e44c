namespace BelgiCom.Streaming.Tool.Tests;

public sealed class RunInputsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("belgicom-inputs-").FullName;

    [Fact]
    public void Find_Folder_TakesUsageFilesInTheOrderOfNames()
    {
        foreach (string? name
            in new[] { "b.cdr", "a.dat", "c.cdr.tmp", ".hidden", "subscriptions.csv", "notes.md", "ericsson/d.cdr", "x.cdr.expected.json" })
        {
            Write(name);
        }

        Assert.Equal(
            ["a.dat", "b.cdr", "ericsson/d.cdr"],
            RunInputs.Find([_folder]).Select(file => Path.GetRelativePath(_folder, file).Replace('\\', '/')));
        Assert.Equal(Path.Combine(_folder, "subscriptions.csv"), RunInputs.SubscriptionsBeside([_folder]));
    }

    [Fact]
    public void Find_StandardInputAndFiles_KeepTheirOrder()
    {
        Write("a.dat");
        Assert.Equal(["-", Path.Combine(_folder, "a.dat")], RunInputs.Find(["-", Path.Combine(_folder, "a.dat")]));
        Assert.Null(RunInputs.SubscriptionsBeside(["-"]));
    }

    [Fact]
    public void Find_MissingPath_SaysWhichAndWhatToGive()
    {
        ToolException failure = Assert.Throws<ToolException>(() => RunInputs.Find([Path.Combine(_folder, "nothing")]));
        Assert.Equal(1, failure.ExitCode);
        Assert.Contains("nothing", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ericsson/a.cdr", "ericsson")]
    [InlineData("Ericsson/a.cdr", "ericsson")]
    [InlineData("elsewhere/a.cdr", null)]
    public void SourceByFolder_FolderCalledLikeASource_IsThatSource(string file, string? expected) =>
        Assert.Equal(expected, RunInputs.SourceByFolder(Path.Combine(_folder, file), ["cdr", "ericsson"]));

    [Fact]
    public void DataFolder_OpenedTwice_RefusesTheSecondWithASentence()
    {
        using DataFolder first = DataFolder.Open(_folder);
        ToolException failure = Assert.Throws<ToolException>(() => DataFolder.Open(_folder));
        Assert.Equal(1, failure.ExitCode);
        Assert.Contains("another belgicom process", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string name)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "x");
    }
}
