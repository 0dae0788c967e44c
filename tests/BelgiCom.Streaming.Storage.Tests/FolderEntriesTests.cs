namespace BelgiCom.Streaming.Storage.Tests;

public sealed class FolderEntriesTests
{
    [Fact]
    public void Flush_OfAFolder_OpensIt()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("entries-");
        File.WriteAllText(Path.Combine(folder.FullName, "new"), "content");

        FolderEntries.Flush(folder.FullName);

        folder.Delete(recursive: true);
        IOException fault = Assert.Throws<IOException>(() => FolderEntries.Flush(folder.FullName));
        Assert.Contains(folder.FullName, fault.Message, StringComparison.Ordinal);
    }
}
