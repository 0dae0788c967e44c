namespace BelgiCom.Streaming.LocalKafka;

/// <param name="ClusterId">Made once per data directory.</param>
/// <param name="Port">The TCP port on <see cref="Host"/>.</param>
internal sealed record ClusterIdentity(string ClusterId, int Port)
{
    public const string Host = "127.0.0.1";
    public const int NodeId = 1;

    // 16 octets in base 64, without its filler.
    private const int ClusterIdCharacters = 22;

    /// <summary>The cluster id of a data directory; written at its first use.</summary>
    public static string LoadClusterId(string dataDirectory)
    {
        string path = Path.Combine(dataDirectory, "cluster-id");
        if (DurableFile.Read(path, content => content.Length == ClusterIdCharacters) is { } known)
        {
            return known;
        }

        string made = Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        DurableFile.Write(path, made);
        return made;
    }
}
