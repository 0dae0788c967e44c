using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>A message to a customer, with the place and time at which the log took it: the proof that it was ordered, and when.</summary>
/// <param name="Topic">Topic of the record; with the topic's id behind '#' when that topic was deleted since.</param>
/// <param name="Partition">Partition.</param>
/// <param name="Offset">Offset.</param>
/// <param name="BrokerTime">When the broker took the record (LogAppendTime), UTC.</param>
/// <param name="Notification">What the record says.</param>
public sealed record NotificationRecord(
    string Topic, int Partition, long Offset, DateTimeOffset BrokerTime, CustomerNotification Notification);

/// <summary>Which notifications to show; what is not given does not matter.</summary>
/// <param name="Account">Billing account.</param>
/// <param name="Subscribers">References of one person; empty for all.</param>
/// <param name="From">First broker time.</param>
/// <param name="To">First broker time after.</param>
public sealed record NotificationFilter(
    string? Account, IReadOnlyCollection<SubscriberRef> Subscribers, DateTimeOffset? From, DateTimeOffset? To);
