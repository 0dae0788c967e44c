namespace BelgiCom.Streaming.LocalKafka;

/// <param name="ClusterId">Made once per data directory.</param>
/// <param name="Port">The TCP port on <see cref="Host"/>.</param>
internal sealed record ClusterIdentity(string ClusterId, int Port)
{
    public const string Host = "127.0.0.1";
    public const int NodeId = 1;

    /// <summary>The cluster id of a data directory; written at its first use.</summary>
    public static string LoadClusterId(string dataDirectory)
    {
        string path = Path.Combine(dataDirectory, "cluster-id");
        if (!File.Exists(path))
        {
            DurableFile.Write(path, Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_'));
        }

        return File.ReadAllText(path);
    }
}
