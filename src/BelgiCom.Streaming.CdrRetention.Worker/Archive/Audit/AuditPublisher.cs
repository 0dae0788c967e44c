using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>
/// Copies the journal to audit.journal.v1, where whoever runs this process cannot change it. How far it has come is kept in the archive's
/// index; after a crash between the two an entry is sent again, and readers drop it by stream and sequence.
/// </summary>
internal sealed class AuditPublisher(
    CdrArchive archive, Func<EventSerializer<AuditEntry>> serializer, Action<Action<TransactionalOutput>> send)
{
    // One transaction stays well under the largest request, whatever was written while the brokers were away.
    private const int EntriesPerTransaction = 1000;

    private EventSerializer<AuditEntry>? _serializer;

    /// <summary>Sends what is new.</summary>
    /// <returns>Entries sent.</returns>
    public long Publish()
    {
        long begin = Published;
        while (Published < archive.Journal.Count)
        {
            long published = Published;
            List<AuditEntry> entries = AuditJournal.Read(CdrArchive.JournalDirectory(archive.Options))
                .Skip((int)published)
                .Take(EntriesPerTransaction)
                .ToList();
            _serializer ??= serializer();
            send(output =>
            {
                foreach (AuditEntry entry in entries)
                {
                    output.Produce(
                        Topics.AuditJournal, partition: null, System.Text.Encoding.UTF8.GetBytes(entry.Stream),
                        _serializer.Serialize(entry));
                }
            });
            archive.Exclusively(() => archive.Index.SetPublished(published + entries.Count));
        }

        return Published - begin;
    }

    private long Published
    {
        get
        {
            long published = 0;
            archive.Exclusively(() => published = archive.Index.Published());
            return published;
        }
    }
}
