using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Audit.Tests;

public sealed class AuditPublisherTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("journal-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Publish_SendsEachEntryOnceAndGoesOnAfterReopening()
    {
        using (AuditJournal journal = Open())
        {
            Assert.Equal([], Published(journal));
            Append(journal, 2);
            Assert.Equal([0L, 1L], Published(journal));
            Assert.Equal([], Published(journal));
        }

        using AuditJournal again = Open();
        Append(again, 1);
        Assert.Equal([2L], Published(again));
    }

    [Fact]
    public void Publish_ThatFailed_SendsTheSameAgain()
    {
        using AuditJournal journal = Open();
        Append(journal, 1);
        AuditPublisher failing = new(journal, Topic, produce =>
        {
            produce(new CapturedOutput());
            throw new IOException("no broker");
        });

        Assert.Throws<IOException>(() => failing.Publish());

        Assert.Equal([0L], Published(journal));
    }

    /// <summary>The journal has more entries than one transaction takes, and more than those whose place it remembers.</summary>
    [Fact]
    public void Publish_LongJournal_SendsAllOnceInTheirOrder()
    {
        using AuditJournal journal = Open();
        Append(journal, 1_100);
        Assert.Equal(Enumerable.Range(0, 1_100).Select(sequence => (long)sequence), Published(journal));
        Append(journal, 300);
        Assert.Equal(Enumerable.Range(1_100, 300).Select(sequence => (long)sequence), Published(journal));
    }

    private AuditJournal Open() =>
        AuditJournal.Open(Path.Combine(_folder.FullName, "journal"), "test", new FileKeyStore(Path.Combine(_folder.FullName, "keys")));

    private static void Append(AuditJournal journal, int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation");
        }
    }

    private static IEnumerable<long> Published(AuditJournal journal)
    {
        CapturedOutput output = new();
        new AuditPublisher(journal, Topic, produce => produce(output)).Publish();
        Assert.All(output.Records, record => Assert.Equal(Topics.AuditJournal, record.Topic));
        return output.Records.Select(record => AuditEntry.Read(record.Value.AsSpan(WireFormat.HeaderSize)).Sequence);
    }

    private static EventTopic<AuditEntry> Topic() => new FakeRegistry().Open<AuditEntry>(Topics.AuditJournal);
}
