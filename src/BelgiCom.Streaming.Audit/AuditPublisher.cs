using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Audit;

/// <summary>
/// Copies a journal to audit.journal.v1, where the owner of this process cannot change it. The journal itself remembers how many entries
/// were copied. After a crash between the copy and that note an entry is sent again; readers recognise it by stream and sequence.
/// </summary>
/// <param name="journal">The journal.</param>
/// <param name="open">Opens the topic; called when there is something to send, so that nothing connects earlier.</param>
/// <param name="send">Runs the given work in one transaction.</param>
public sealed class AuditPublisher(
    AuditJournal journal, Func<EventTopic<AuditEntry>> open, Action<Action<TransactionalOutput>> send)
{
    // Keeps a transaction well below the largest request, however many entries were written while the brokers were away.
    private const int EntriesPerTransaction = 1000;

    private EventTopic<AuditEntry>? _topic;

    /// <summary>Sends what is new.</summary>
    /// <returns>Entries sent.</returns>
    /// <exception cref="AuditException">An entry cannot be read.</exception>
    public long Publish()
    {
        long begin = journal.Published;
        while (journal.Published < journal.Count)
        {
            List<AuditEntry> entries = [.. journal.ReadFrom(journal.Published).Take(EntriesPerTransaction)];
            EventTopic<AuditEntry> topic = _topic ??= open();
            send(output =>
            {
                foreach (AuditEntry entry in entries)
                {
                    output.Produce(topic.Name, partition: null, Encoding.UTF8.GetBytes(entry.Stream), topic.Write(entry));
                }
            });
            journal.Published += entries.Count;
        }

        return journal.Published - begin;
    }
}
