namespace BelgiCom.Streaming.Storage.Tests;

public sealed class FolderLockTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lock-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Take_WhileAnotherHasIt_IsRefusedWithTheFolder_AndGrantedAfter()
    {
        using (FolderLock first = Take("data"))
        {
            StorageException refusal = Assert.Throws<StorageException>(() => Take("data"));
            Assert.Equal(StorageFault.InUse, refusal.Fault);
            Assert.Contains(Path.Combine(_folder.FullName, "data"), refusal.Message, StringComparison.Ordinal);
            Take("other").Dispose();
            Assert.NotNull(first);
        }

        Take("data").Dispose();
    }

    [Fact]
    public void Take_FolderThatCannotBeMade_IsRefused()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "data"), "");
        Assert.Equal(StorageFault.CannotOpen, Assert.Throws<StorageException>(() => Take("data")).Fault);
    }

    [Fact]
    public void Take_LockFileThatCannotBeWritten_IsNotTakenForAnotherProcess()
    {
        // A link to itself gives the same exception as a full disk or a folder that is mounted to read only.
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.FullName, "data")).FullName, "lock");
        File.CreateSymbolicLink(file, file);
        Assert.Equal(StorageFault.CannotOpen, Assert.Throws<StorageException>(() => Take("data")).Fault);
    }

    private FolderLock Take(string name) => FolderLock.Take(Path.Combine(_folder.FullName, name), "Test", "Test:Folder");
}
