using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>What the command line of <c>rerate</c> says.</summary>
/// <param name="From">Usage that began then or later.</param>
/// <param name="To">Usage that began before.</param>
/// <param name="Offering">Usage that is charged under this offering before or after; null for all.</param>
/// <param name="SubscriberRef">Only of the subscriber with this reference; null for all.</param>
/// <param name="Numbers">Only of the person with these numbers; null for all.</param>
/// <param name="Decision">Who has it rated again, when and why.</param>
internal sealed record RerateRequest(
    DateTimeOffset From, DateTimeOffset To, string? Offering, SubscriberRef? SubscriberRef, SubscriberNumbers? Numbers,
    CorrectionDecision Decision);
