using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Asks for the ids that brokers give to topics. A topic that was deleted and made again under its name has another one, so an offset that
/// is kept outside Kafka together with the id is never taken for one of another log.
/// </summary>
internal static class TopicIds
{
    /// <summary>The ids by topic, as Kafka writes them; empty where the brokers give none (before Kafka 2.8).</summary>
    /// <exception cref="KafkaException">The brokers did not answer, or a topic does not exist.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(
        IAdminClient admin, IReadOnlyCollection<string> topics, TimeSpan timeout)
    {
        try
        {
            DescribeTopicsResult result = await admin.DescribeTopicsAsync(
                TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = timeout })
                .OffPollThread()
                .ConfigureAwait(false);
            return result.TopicDescriptions.ToDictionary(topic => topic.Name, topic => TextOf(topic.TopicId));
        }
        catch (DescribeTopicsException failure)
        {
            throw new KafkaException(
                failure.Results.TopicDescriptions.Select(topic => topic.Error).FirstOrDefault(error => error.IsError) ?? failure.Error,
                failure);
        }
    }

    private static string TextOf(Uuid id) =>
        id is null || (id.MostSignificantBits == 0 && id.LeastSignificantBits == 0) ? "" : id.ToString();
}
