using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Checks what must hold before a subscription may decide who pays, whoever wrote it to the topic.</summary>
internal static class SubscriptionChecks
{
    /// <summary>Most octets of an account's name.</summary>
    public const int MaxAccountOctets = 254;

    // Nobody changes a limit more often, and each choice takes memory while the partition is owned.
    private const int MostChoices = 100;

    // Each is asked for a price before the main offering is.
    private const int MostAddOns = 16;

    /// <exception cref="ArgumentException">A sentence that says what is wrong; it holds no account.</exception>
    public static void Check(IReadOnlyList<SubscriptionPeriod> periods)
    {
        for (int index = 0; index < periods.Count; index++)
        {
            SubscriptionPeriod period = periods[index];
            Require(
                period.AliasOf is not null || Encoding.UTF8.GetByteCount(period.Account) is >= 1 and <= MaxAccountOctets,
                $"the account of period {index} must have 1 to {MaxAccountOctets} octets");
            Require(!period.Account.Any(char.IsControl), $"the account of period {index} has a control character");
            Require(!(period.ValidFrom >= period.ValidTo), $"period {index} ends before it begins");
            Require(
                period.AddOns.Count <= MostAddOns && period.AddOns.Distinct(StringComparer.Ordinal).Count() == period.AddOns.Count
                    && !period.AddOns.Contains(period.Offering),
                $"period {index} must have at most {MostAddOns} add-ons, each once");
            Require(
                !period.AddOns.Append(period.Offering).Any(offering => offering.Contains('+')),
                $"an offering of period {index} has a '+', which no offering has");
            Require(period.Limits.Count <= MostChoices, $"period {index} has more than {MostChoices} choices for limits");
            Require(
                period.Limits.All(choice => choice.Amount is null or >= 0), $"period {index} has a choice for a limit that is below 0");
            Require(
                index == 0 || (periods[index - 1].ValidTo is { } end && period.ValidFrom is { } start && end <= start),
                $"period {index} begins before the one above it ends");
        }
    }

    private static void Require(bool condition, string sentence)
    {
        if (!condition)
        {
            throw new ArgumentException(sentence);
        }
    }
}
