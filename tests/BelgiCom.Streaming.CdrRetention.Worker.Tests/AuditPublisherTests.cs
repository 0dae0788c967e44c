using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.CdrRetention.Worker.Tests;

public sealed class AuditPublisherTests : IDisposable
{
    private readonly ArchiveFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Publish_SendsEachEntryOnceAndGoesOnAfterReopening()
    {
        using (CdrArchive archive = _fixture.Open())
        {
            Assert.Equal([], Published(archive));
            _fixture.FindAll(archive, 1);
            _fixture.FindAll(archive, 2);
            Assert.Equal([0L, 1L], Published(archive));
            Assert.Equal([], Published(archive));
        }

        using CdrArchive again = _fixture.Open();
        _fixture.FindAll(again, 1);
        Assert.Equal([2L], Published(again));
    }

    [Fact]
    public void Publish_ThatFailed_SendsTheSameAgain()
    {
        using CdrArchive archive = _fixture.Open();
        _fixture.FindAll(archive, 1);
        AuditPublisher failing = new(archive, Serializer, produce =>
        {
            produce(new CapturedOutput());
            throw new IOException("no broker");
        });

        Assert.Throws<IOException>(() => failing.Publish());

        Assert.Equal([0L], Published(archive));
    }

    private static IEnumerable<long> Published(CdrArchive archive)
    {
        CapturedOutput output = new();
        new AuditPublisher(archive, Serializer, produce => produce(output)).Publish();
        Assert.All(output.Records, record => Assert.Equal(Topics.AuditJournal, record.Topic));
        return output.Records.Select(record => AuditEntry.Read(record.Value.AsSpan(WireFormat.HeaderSize)).Sequence);
    }

    private static EventSerializer<AuditEntry> Serializer() => new(9, static (entry, output) => entry.Write(output));
}
