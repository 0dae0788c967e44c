using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Mediates content into usage, under one fixed key (00 01 … 1f).</summary>
internal static class Mediated
{
    public static UsageMediation NewMediation(long formerUntilMilliseconds = 0) =>
        new([], new OneKey(), TimeProvider.System) { FormerUntilMilliseconds = formerUntilMilliseconds };

    public static RecordChunk NewChunk() => new(10_000, 8 << 20, [(Topics.UsageReceived, new byte[5]), (Topics.Quarantine, new byte[5])]);

    public static IMediatedFile Open(UsageMediation mediation, byte[] content, string? source) => mediation.Open(
        IncomingFile.Receive(
            "file", new MemoryStream(content), new ContentLimits(), TimeProvider.System, new OneKey().GetOrCreate("", ""),
            TestContext.Current.CancellationToken),
        source, 0)!;

    public static List<UsageReceived> Usage(byte[] content, string? source = null, long formerUntilMilliseconds = 0) =>
        Usage(NewMediation(formerUntilMilliseconds), content, source);

    public static List<UsageReceived> Usage(byte[] content, UsageSource source) =>
        Usage(new UsageMediation([source], new OneKey(), TimeProvider.System), content, source.Name);

    public static List<UsageReceived> Usage(UsageMediation mediation, byte[] content, string? source)
    {
        RecordChunk chunk = NewChunk();
        using IMediatedFile file = Open(mediation, content, source);
        Assert.False(file.Read(chunk));
        Assert.Equal(0, chunk.Quarantined);
        return [.. Enumerable.Range(0, chunk.Count).Select(index => UsageReceived.Read(chunk.ValueAt(index)[5..]))];
    }

    internal sealed class OneKey : IKeyStore
    {
        private readonly DataKey _key = new("one", [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

        public DataKey GetOrCreate(string purpose, string scope) => _key;

        public DataKey? Find(string keyId) => null;

        public DataKey? Find(string purpose, string scope) => null;

        public bool Delete(string keyId) => false;
    }
}
