using System.Globalization;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// A record cannot be read, on a topic that only our own programs write, and its reader must not go on without it. A sink does not throw
/// this: it puts the record on a dead letter topic (<see cref="IDeadLetters"/>).
/// </summary>
public sealed class UnreadableRecordException : Exception
{
    /// <summary>Names the record.</summary>
    /// <param name="topic">Topic name.</param>
    /// <param name="partition">Partition number.</param>
    /// <param name="offset">Offset in the partition.</param>
    public UnreadableRecordException(string topic, int partition, long offset)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"{topic}[{partition}]@{offset} is not in the format of {topic}. Nothing after it is taken: look at the record and at the "
            + $"release of the worker that wrote it."))
    {
    }
}
