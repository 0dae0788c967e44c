using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The section "Kafka" as a verb reads it: a setting of any worker is accepted, so that one environment serves workers and verbs.
/// </summary>
/// <param name="Clients">What every client needs.</param>
/// <param name="Consumer">What readers need.</param>
/// <param name="Transactions">What writers need.</param>
internal sealed record KafkaRoles(KafkaOptions Clients, ConsumerOptions Consumer, TransactionOptions Transactions)
{
    public static KafkaRoles Of(WebApplicationBuilder builder) => new(
        builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section),
        builder.AddValidatedOptions<ConsumerOptions>(KafkaOptions.Section),
        builder.AddValidatedOptions<LaneOptions>(KafkaOptions.Section));
}
