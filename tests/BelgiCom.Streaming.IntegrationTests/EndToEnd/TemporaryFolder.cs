namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("belgicom-test-").FullName;

    public string Under(params string[] names) => Path.Combine([FullPath, .. names]);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
