using Confluent.Kafka;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Repeats questions to brokers that are away or busy. Questions may be repeated freely, unlike requests of a transaction.
/// </summary>
public static class Patience
{
    /// <summary>
    /// How long brokers must say that a topic or partition does not exist before we believe it, because a broker that is starting says so
    /// of all of them.
    /// </summary>
    public static readonly TimeSpan UntilBelieved = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Repeats a question until it is answered, refused for good, or the time is over; in the latter cases the client's exception is
    /// thrown.
    /// </summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="question">Asks, and throws the client's exception when there is no answer.</param>
    /// <param name="patience">Longest time to repeat it.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="notAnswered">Told of each failure.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="KafkaException">There was no answer, or the question was refused.</exception>
    /// <exception cref="OperationCanceledException">The host stopped before there was an answer.</exception>
    public static T Ask<T>(
        Func<T> question, TimeSpan patience, TimeProvider clock, Action<ErrorCode> notAnswered, CancellationToken stopping = default)
    {
        long started = clock.GetTimestamp();
        long? unknownSince = null;
        while (true)
        {
            try
            {
                return question();
            }
            catch (KafkaException failure) when (MayPass(failure) && clock.GetElapsedTime(started) < patience)
            {
                unknownSince = IsUnknown(failure) ? unknownSince ?? clock.GetTimestamp() : null;
                if (unknownSince is { } since && clock.GetElapsedTime(since) > UntilBelieved)
                {
                    throw;
                }

                notAnswered(failure.Error.Code);
                stopping.ThrowIfCancellationRequested();
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>How long to wait after that many failures in a row: 20 ms, then twice as long each time, at most 5 s.</summary>
    /// <param name="failures">Failures in a row, at least 1.</param>
    /// <returns>The pause.</returns>
    public static TimeSpan Backoff(int failures)
    {
        TimeSpan backoff = TimeSpan.FromMilliseconds(20 * Math.Pow(2, Math.Min(failures - 1, 10)));
        return backoff < LongestBackoff ? backoff : LongestBackoff;
    }

    private static bool MayPass(KafkaException failure) => !failure.Error.IsFatal && failure.Error.Code is not (
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
        or ErrorCode.Local_InvalidArg);

    private static bool IsUnknown(KafkaException failure) =>
        failure.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition;
}
