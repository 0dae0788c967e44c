using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>What can be wrong with the topics after a fault.</summary>
public enum FindingKind
{
    /// <summary>A received record that nothing was said about.</summary>
    Lost,

    /// <summary>A received record, or a usage id, that something was said about more than once.</summary>
    Duplicated,

    /// <summary>Something was said about a record that was not received.</summary>
    Invented,

    /// <summary>Rated usage of a partition is not in the order of its offsets.</summary>
    Order,

    /// <summary>A record was rated where it must be rejected, or the other way round, or was rejected for another reason.</summary>
    Outcome,

    /// <summary>Units, price or identity of a rated event are not those of the recomputation.</summary>
    Price,

    /// <summary>The balance after an event is not that of the recomputation.</summary>
    Balance,

    /// <summary>A notification is missing, too many, or there twice.</summary>
    Notification,

    /// <summary>A committed reader saw at the time what is not on the topic in the end, or the other way round.</summary>
    Visibility,

    /// <summary>A transaction is visible in part.</summary>
    Torn,
}

/// <summary>One thing that is wrong.</summary>
internal sealed record Finding(FindingKind Kind, string What);

/// <summary>Compares the topics with a recomputation. Its own tests are F27: every planted bug must be found here.</summary>
internal static class RatingAudit
{
    public static IReadOnlyList<Finding> Find(TopicContents contents, Recomputation expected)
    {
        List<Finding> findings = [];
        Conservation(contents, findings);
        Identity(contents, findings);
        Order(contents.Rated, findings);
        Lines(contents.Rated, expected, findings);
        Rejects(contents.Rejected, expected, findings);
        Notifications(contents.Notifications, expected, findings);
        return findings;
    }

    /// <summary>Every received record has exactly one outcome.</summary>
    private static void Conservation(TopicContents contents, List<Finding> findings)
    {
        HashSet<Place> received = [.. contents.Received.Select(record => record.Place)];
        Dictionary<Place, int> said = contents.Rated.Select(line => line.Place).Concat(contents.Rejected.Select(line => line.Place))
            .GroupBy(place => place).ToDictionary(group => group.Key, group => group.Count());
        findings.AddRange(received.Where(place => !said.ContainsKey(place))
            .Select(place => new Finding(FindingKind.Lost, $"{place} has no outcome")));
        findings.AddRange(said.Where(entry => entry.Value > 1)
            .Select(entry => new Finding(FindingKind.Duplicated, $"{entry.Key} has {entry.Value} outcomes")));
        findings.AddRange(said.Keys.Where(place => !received.Contains(place))
            .Select(place => new Finding(FindingKind.Invented, $"{place} was not received")));
    }

    /// <summary>A usage id is rated at most once.</summary>
    private static void Identity(TopicContents contents, List<Finding> findings) =>
        findings.AddRange(contents.Rated.GroupBy(line => line.UsageId).Where(group => group.Count() > 1)
            .Select(group => new Finding(
                FindingKind.Duplicated,
                $"usage {group.Key} is rated {group.Count()} times, {string.Join(' ', group.Select(line => line.Place))}")));

    private static void Order(IReadOnlyList<RatedLine> rated, List<Finding> findings)
    {
        foreach (IGrouping<int, RatedLine> partition in rated.GroupBy(line => line.Place.Partition))
        {
            long last = -1;
            foreach (RatedLine line in partition)
            {
                if (line.Place.Offset <= last)
                {
                    findings.Add(new Finding(FindingKind.Order, $"{line.Place} follows offset {last}"));
                }

                last = line.Place.Offset;
            }
        }
    }

    private static void Lines(IReadOnlyList<RatedLine> rated, Recomputation expected, List<Finding> findings)
    {
        foreach (RatedLine line in rated)
        {
            if (!expected.Rated.TryGetValue(line.Place, out RatedLine? right))
            {
                findings.Add(new Finding(FindingKind.Outcome, $"{line.Place} is rated and must not be"));
            }
            else if (line.Balance != right.Balance)
            {
                findings.Add(new Finding(FindingKind.Balance, $"{line.Place}: {line.Balance}, must be {right.Balance}"));
            }

            // A price that is wrong mostly makes the balance wrong too: both are told.
            if (right is not null && line with { Balance = right.Balance } != right)
            {
                findings.Add(new Finding(FindingKind.Price, $"{line.Place}: {Price(line)}, must be {Price(right)}"));
            }
        }

        // Sums per subscriber follow from the lines; they are compared for themselves because they are what a customer pays.
        Dictionary<SubscriberRef, decimal> sums = rated.GroupBy(line => line.Subscriber)
            .ToDictionary(group => group.Key, group => group.Sum(line => line.Amount));
        foreach (IGrouping<SubscriberRef, RatedLine> subscriber in expected.Rated.Values.GroupBy(line => line.Subscriber))
        {
            decimal right = subscriber.Sum(line => line.Amount);
            decimal paid = sums.GetValueOrDefault(subscriber.Key);
            if (paid != right)
            {
                findings.Add(new Finding(FindingKind.Price, $"subscriber {subscriber.Key} pays {paid}, must pay {right}"));
            }
        }
    }

    private static string Price(RatedLine line) => $"{line.Outcome} {line.ChargedUnits}/{line.BundleUnits} {line.Amount}";

    private static void Rejects(IReadOnlyList<RejectedLine> rejected, Recomputation expected, List<Finding> findings) =>
        findings.AddRange(rejected
            .Where(line => !expected.Rejected.TryGetValue(line.Place, out RejectedOutcome right) || right != line.Outcome)
            .Select(line => new Finding(FindingKind.Outcome, $"{line.Place} is {line.Outcome} ({line.Reason}) and must not be")));

    private static void Notifications(IReadOnlyList<NotificationLine> sent, Recomputation expected, List<Finding> findings)
    {
        findings.AddRange(sent.GroupBy(line => (line.Subscriber, line.Kind, line.Step, line.Period)).Where(group => group.Count() > 1)
            .Select(group => new Finding(FindingKind.Notification, $"{group.Key} was sent {group.Count()} times")));
        findings.AddRange(expected.Notifications.Except(sent)
            .Select(line => new Finding(FindingKind.Notification, $"{line} was not sent")));
        findings.AddRange(sent.Except(expected.Notifications)
            .Select(line => new Finding(FindingKind.Notification, $"{line} was sent and must not be")));
    }
}
