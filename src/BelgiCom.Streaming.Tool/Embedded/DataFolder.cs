using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The folder that holds everything of an embedded run: the broker's log, keys, ledger, archive, file ledger and log.
/// One process at a time: two brokers on one log would destroy it.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>
    /// The folder when <c>--data</c> is not given. It is the same every time, so that a second run knows what the first one billed.
    /// </summary>
    public const string DefaultPath = "data";

    private readonly FolderLock _lock;

    private DataFolder(string path, FolderLock @lock)
    {
        FullPath = path;
        _lock = @lock;
    }

    public string FullPath { get; }

    public string Broker => Path.Combine(FullPath, "broker");

    /// <summary>Log of an Apache Kafka that KAFKA_HOME names; its files differ from those of the embedded broker.</summary>
    public string ApacheKafka => Path.Combine(FullPath, "apache-kafka");

    public string Keys => KeysOf(FullPath);

    public string Archive => ArchiveOf(FullPath);

    public string Files => FilesOf(FullPath);

    /// <summary>Subscriptions for generated usage that was given without any.</summary>
    public string GeneratedSubscriptions => Path.Combine(FullPath, "generated-subscriptions.csv");

    public string Inbox => Path.Combine(FullPath, "inbox");

    public string LogFile => Path.Combine(FullPath, "log", "belgicom.log");

    /// <summary>Folder of the keys in a data folder.</summary>
    public static string KeysOf(string data) => Path.Combine(data, "keys");

    /// <summary>Folder of the archive in a data folder; it has a lock of its own.</summary>
    public static string ArchiveOf(string data) => Path.Combine(data, "archive");

    /// <summary>Folder of the file ledger in a data folder; it may be read while another process works there.</summary>
    public static string FilesOf(string data) => Path.Combine(data, "files");

    /// <summary>Makes the folder when it is missing and takes its lock.</summary>
    /// <exception cref="ToolException">Another process works in it, or it cannot be written.</exception>
    public static DataFolder Open(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            return new DataFolder(full, FolderLock.Take(full, "Data folder", "--data"));
        }
        catch (StorageException exception) when (exception.Fault == StorageFault.InUse)
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"another belgicom process works in the data folder '{full}': wait for it, stop it, or choose another folder with --data");
        }
        catch (StorageException exception)
        {
            throw new ToolException(WorkerHost.ExitConfiguration, exception.Message);
        }
    }

    public void Dispose() => _lock.Dispose();
}
