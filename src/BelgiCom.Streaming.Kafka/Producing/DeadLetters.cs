using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>A record that a sink cannot handle.</summary>
/// <param name="Index">Where in the batch it is.</param>
/// <param name="Reason">Typed reason without personal data, see <see cref="DeadLetterReason"/>.</param>
/// <param name="Attempts">How often it was tried.</param>
public readonly record struct DeadLetter(int Index, string Reason, int Attempts = 1);

/// <summary>Why a record is a dead letter.</summary>
public static class DeadLetterReason
{
    /// <summary>The registry does not have its schema, or our schema cannot read values of it.</summary>
    public const string UnknownSchema = "unknown-schema";

    /// <summary>Its octets are not in the format of its topic.</summary>
    public const string Undecodable = "undecodable";
}

/// <summary>Keeps the records that a sink cannot handle.</summary>
public interface IDeadLetters
{
    /// <summary>
    /// Puts records of a batch on their dead letter topics, in one transaction, and returns when they are durable, so that the offset may
    /// pass them. After a crash before the offset passed they are there twice; their headers tell which record each is a copy of.
    /// </summary>
    /// <param name="batch">The batch, while the handler has it.</param>
    /// <param name="letters">The records of the batch to keep; may be empty.</param>
    void Send(RecordBatch batch, IReadOnlyList<DeadLetter> letters);
}

/// <summary>
/// Dead letters on Kafka: each record unchanged (key, value and headers), in the partition of the same number, with headers that tell where
/// it came from and why it is here. It does not connect before there is one.
/// </summary>
public sealed class DeadLetters : IDeadLetters, IDisposable
{
    /// <summary>Header: the topic the record was read from.</summary>
    public const string OriginalTopic = "x-original-topic";

    /// <summary>
    /// Header: id of that topic, as Kafka's tools print it. It tells the topic from one that is created later under the same name, which
    /// has the same offsets and other records. Left out where brokers have no topic ids.
    /// </summary>
    public const string OriginalTopicId = "x-original-topic-id";

    /// <summary>Header: its partition, decimal.</summary>
    public const string OriginalPartition = "x-original-partition";

    /// <summary>Header: its offset, decimal.</summary>
    public const string OriginalOffset = "x-original-offset";

    /// <summary>Header: timestamp of that record, milliseconds since 1970-01-01 UTC, decimal.</summary>
    public const string OriginalTimestamp = "x-original-timestamp";

    /// <summary>Header: a typed reason, never personal data.</summary>
    public const string FailureReason = "x-failure-reason";

    /// <summary>Header: how often it was tried, decimal.</summary>
    public const string FailedAttempts = "x-failed-attempts";

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private static readonly HashSet<string> Ours = new(StringComparer.Ordinal)
    {
        OriginalTopic, OriginalTopicId, OriginalPartition, OriginalOffset, OriginalTimestamp, FailureReason, FailedAttempts,
    };

    private readonly string _group;
    private readonly Func<string, string> _topicOf;
    private readonly Func<IReadOnlyCollection<string>, IReadOnlyDictionary<string, string>> _idsOf;
    private readonly Action<Action<TransactionalOutput>> _send;
    private readonly ILogger _logger;
    private readonly TransactionalSender? _sender;

    /// <summary>For one thread.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="group">Consumer group, the worker's name.</param>
    /// <param name="topicOf">Name of the dead letter topic of a topic.</param>
    /// <param name="clock">Clock for timeouts.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="stopping">Gives up waiting for brokers that are away.</param>
    public DeadLetters(
        KafkaOptions options, string group, Func<string, string> topicOf, TimeProvider clock, ILoggerFactory loggers,
        CancellationToken stopping)
    {
        _group = group;
        _topicOf = topicOf;
        _logger = loggers.CreateLogger<DeadLetters>();
        _idsOf = topics => AskIds(options, topics);
        TransactionalSender sender = new(
            options, new TransactionOptions(), $"{group}-dead-letter", clock, loggers.CreateLogger<TransactionalSender>());
        _sender = sender;
        _send = produce => sender.Send(produce, stopping);
    }

    /// <summary>Without a broker.</summary>
    internal DeadLetters(
        string group, Func<string, string> topicOf, Func<IReadOnlyCollection<string>, IReadOnlyDictionary<string, string>> idsOf,
        Action<Action<TransactionalOutput>> send, ILogger logger)
    {
        _group = group;
        _topicOf = topicOf;
        _idsOf = idsOf;
        _send = send;
        _logger = logger;
    }

    /// <inheritdoc/>
    /// <exception cref="RecordRefusedException">The dead letter topic does not exist, or has fewer partitions than the topic.</exception>
    /// <exception cref="ClientFailedException">Fenced, not permitted, or no broker for too long.</exception>
    public void Send(RecordBatch batch, IReadOnlyList<DeadLetter> letters)
    {
        if (letters.Count == 0)
        {
            return;
        }

        HashSet<string> topics = [.. letters.Select(letter => batch[letter.Index].Topic)];
        IReadOnlyDictionary<string, string> ids = _idsOf(topics);
        _send(output =>
        {
            foreach (DeadLetter letter in letters)
            {
                ConsumedRecord record = batch[letter.Index];
                output.Copy(
                    _topicOf(record.Topic), record.Partition, in record,
                    HeadersOf(in record, ids.GetValueOrDefault(record.Topic), letter, batch.HeadersOf(letter.Index)));
            }
        });
        Tell(batch, letters);
    }

    /// <summary>Closes the client.</summary>
    public void Dispose() => _sender?.Dispose();

    /// <summary>
    /// Other headers stay, the count of redrives for example; the headers that an earlier dead letter wrote about itself are replaced.
    /// </summary>
    private static List<KeyValuePair<string, byte[]>> HeadersOf(
        in ConsumedRecord record, string? topicId, DeadLetter letter, IReadOnlyList<KeyValuePair<string, byte[]>> own)
    {
        List<KeyValuePair<string, byte[]>> headers = [.. own.Where(header => !Ours.Contains(header.Key))];
        headers.Add(new(OriginalTopic, Encoding.UTF8.GetBytes(record.Topic)));
        if (topicId is not null)
        {
            headers.Add(new(OriginalTopicId, Encoding.UTF8.GetBytes(topicId)));
        }

        headers.Add(new(OriginalPartition, Decimal(record.Partition)));
        headers.Add(new(OriginalOffset, Decimal(record.Offset)));
        headers.Add(new(OriginalTimestamp, Decimal(record.TimestampMilliseconds)));
        headers.Add(new(FailureReason, Encoding.UTF8.GetBytes(letter.Reason)));
        headers.Add(new(FailedAttempts, Decimal(letter.Attempts)));
        return headers;
    }

    /// <summary>Asked each time, which is rarely, because a topic can be created anew while we run.</summary>
    private Dictionary<string, string> AskIds(KafkaOptions options, IReadOnlyCollection<string> topics)
    {
        using IAdminClient admin = KafkaClients.Admin(options, _logger);
        DescribeTopicsResult described = admin.DescribeTopicsAsync(
            TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = RequestTimeout })
                .OffPollThread()
                .GetAwaiter()
                .GetResult();
        return described.TopicDescriptions
            .Where(topic => topic.TopicId is { } id && (id.MostSignificantBits | id.LeastSignificantBits) != 0)
            .ToDictionary(topic => topic.Name, topic => topic.TopicId.ToString());
    }

    private void Tell(RecordBatch batch, IReadOnlyList<DeadLetter> letters)
    {
        foreach (DeadLetter letter in letters)
        {
            KafkaMetrics.DeadLettered(_group, batch[letter.Index].Topic, letter.Reason);
        }

        ConsumedRecord first = batch[letters[0].Index];
        KafkaLog.DeadLettered(_logger, _group, letters.Count, first.Topic, first.Partition, first.Offset, letters[0].Reason);
    }

    private static byte[] Decimal(long number) => Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
