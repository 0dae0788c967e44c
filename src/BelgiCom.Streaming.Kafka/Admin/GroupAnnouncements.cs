using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// What the members of a group tell each other, by partition. A member announces a word behind its client id, which the group's coordinator
/// shows beside its partitions; so nobody but a member of the group can announce anything, and nothing has to be stored or cleaned up.
/// </summary>
public sealed class GroupAnnouncements : IDisposable
{
    private const char Blank = ' ';

    private readonly KafkaOptions _options;
    private readonly string _group;
    private readonly IAdminClient _admin;

    /// <summary>Connects lazily.</summary>
    /// <param name="options">Brokers.</param>
    /// <param name="group">Consumer group id.</param>
    public GroupAnnouncements(KafkaOptions options, string group)
    {
        (_options, _group) = (options, group);
        _admin = KafkaClients.Admin(options);
    }

    /// <summary>What the owner of each partition announces; partitions whose owner says nothing are left out.</summary>
    /// <param name="timeout">How long to wait for the coordinator.</param>
    /// <exception cref="KafkaException">The brokers did not answer.</exception>
    public async Task<IReadOnlyDictionary<TopicPartition, string>> ReadAsync(TimeSpan timeout)
    {
        _admin.Remind(_options);
        DescribeConsumerGroupsResult result = await _admin.DescribeConsumerGroupsAsync(
            [_group], new DescribeConsumerGroupsOptions { RequestTimeout = timeout }).OffPollThread().ConfigureAwait(false);
        Dictionary<TopicPartition, string> announced = [];
        foreach (MemberDescription member in result.ConsumerGroupDescriptions.SelectMany(group => group.Members))
        {
            int blank = member.ClientId.IndexOf(Blank, StringComparison.Ordinal);
            foreach (TopicPartition partition in blank < 0 ? [] : member.Assignment.TopicPartitions)
            {
                announced[partition] = member.ClientId[(blank + 1)..];
            }
        }

        return announced;
    }

    /// <inheritdoc/>
    public void Dispose() => _admin.Dispose();

    /// <summary>Client id of a member that announces a word, or nothing.</summary>
    internal static string ClientId(KafkaOptions options, string? announced) =>
        announced is null ? options.ClientId : options.ClientId + Blank + announced;
}
