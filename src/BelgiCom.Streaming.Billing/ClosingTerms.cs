using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Billing;

/// <summary>What a month is closed by, beside the usage in the ledger: the terms of the offerings, and who has them.</summary>
public sealed class ClosingTerms
{
    private readonly Dictionary<string, PeriodTerms[]> _offerings;
    private readonly Dictionary<(string Account, string Offering), List<ActiveDays>> _subscriptions = [];

    /// <summary>Takes the terms.</summary>
    /// <param name="terms">All versions of all offerings.</param>
    /// <param name="subscriptions">All subscriptions, those included that have ended. A subscription that says only whose other name it is
    /// counts for nothing.</param>
    public ClosingTerms(IEnumerable<PeriodTerms> terms, IEnumerable<Subscription> subscriptions)
    {
        _offerings = terms.GroupBy(version => version.Offering, StringComparer.Ordinal)
            .ToDictionary(offering => offering.Key, offering => offering.ToArray(), StringComparer.Ordinal);
        int number = 0;
        foreach (Subscription subscription in subscriptions)
        {
            Add([.. subscription.Periods.Where(period => period.AliasOf is null)], number++);
        }
    }

    /// <summary>Who has which offering.</summary>
    internal IReadOnlyDictionary<(string Account, string Offering), List<ActiveDays>> Subscriptions => _subscriptions;

    /// <summary>Accounts that have or had a subscription.</summary>
    internal HashSet<string> Accounts => _subscriptions.Keys.Select(key => key.Account).ToHashSet(StringComparer.Ordinal);

    /// <summary>Offerings of which usage changes what a month costs beside it.</summary>
    internal IEnumerable<string> OfferingsWithRules => _offerings
        .Where(offering => offering.Value.Any(terms => terms.Commitments.Count > 0 || terms.Discounts.Count > 0))
        .Select(offering => offering.Key);

    /// <summary>Whether usage of a version was debited from money before it came to a bill.</summary>
    internal bool IsPrepaid(string offering, int version) =>
        VersionsOf(offering).Any(terms => terms.Version == version && terms.IsPrepaid);

    /// <summary>All versions of an offering; none when it is not known.</summary>
    internal IReadOnlyList<PeriodTerms> VersionsOf(string offering) => _offerings.GetValueOrDefault(offering) ?? [];

    /// <summary>
    /// The day on which one offering follows another is the later one's, so that no day is paid twice. An add-on has days of its own beside
    /// the main offering's.
    /// </summary>
    private void Add(SubscriptionPeriod[] periods, int number)
    {
        for (int index = 0; index < periods.Length; index++)
        {
            SubscriptionPeriod period = periods[index];
            SubscriptionPeriod? before = index > 0 ? periods[index - 1] : null;
            DateOnly from = ActiveDays.BeginOf(period.ValidFrom);
            DateOnly end = ActiveDays.EndOf(period.ValidTo);
            DateOnly next = index + 1 < periods.Length ? ActiveDays.BeginOf(periods[index + 1].ValidFrom) : DateOnly.MaxValue;
            DateOnly to = end < next ? end : next;
            foreach (string offering in period.AddOns.Prepend(period.Offering))
            {
                bool goesOn = before is not null && before.ValidTo == period.ValidFrom
                    && (before.Offering == offering || before.AddOns.Contains(offering));
                if (!_subscriptions.TryGetValue((period.Account, offering), out List<ActiveDays>? days))
                {
                    _subscriptions.Add((period.Account, offering), days = []);
                }

                ActiveDays added = new(number, from, to > from ? to : from, Begins: period.ValidFrom is not null && !goesOn);
                if (goesOn && days.Count > 0 && days[^1].Subscription == number && days[^1].To == from)
                {
                    // What an add-on divided is one for the main offering: a fee is rounded once.
                    days[^1] = days[^1] with { To = added.To };
                }
                else
                {
                    days.Add(added);
                }
            }
        }
    }
}

/// <summary>A month cannot be closed; nothing was billed.</summary>
public sealed class BillRefusedException(IReadOnlyList<string> reasons) : Exception(string.Join(" ", reasons))
{
    /// <summary>Why, one sentence each, with what to do.</summary>
    public IReadOnlyList<string> Reasons { get; } = reasons;
}
