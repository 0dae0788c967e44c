namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>A folder that goes with its test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("localkafka-");

    public string Path => _directory.FullName;

    public void Dispose() => _directory.Delete(recursive: true);
}
