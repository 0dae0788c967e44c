using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What a customer chose for spending limits, over time. Of several choices for one limit, the one that began last holds. One who agreed to
/// go on to a limit after another one did so for the month, Europe/Brussels: with the next one the first limit holds again.
/// </summary>
internal sealed class SpendChoices
{
    // When other choices begin to hold, rising; an agreement also ends with its month.
    private readonly long[] _from;
    private readonly Compiled[] _compiled;
    private readonly LimitChoice[] _choices;

    private SpendChoices(IReadOnlyList<LimitChoice> choices)
    {
        _choices = [.. choices.OrderBy(choice => choice.From)];
        Octets = MemberChoices.Write(_choices);
        _from = [.. _choices.SelectMany(choice => BeginAndEndOfMonth(choice.From.ToUnixTimeMilliseconds())).Distinct().Order()];
        _compiled = new Compiled[_from.Length];
    }

    /// <summary>The choices as they go with usage that is rated elsewhere.</summary>
    public byte[] Octets { get; }

    /// <summary>The choices of a period; null for none.</summary>
    public static SpendChoices? Of(IReadOnlyList<LimitChoice> choices) => choices.Count == 0 ? null : new SpendChoices(choices);

    /// <summary>
    /// The limits of a version that hold for the customer at an instant. They are compiled once for each version, and again only when
    /// another one was asked for between.
    /// </summary>
    public SpendLimits LimitsAt(long milliseconds, TariffVersion version)
    {
        int place = Array.BinarySearch(_from, milliseconds);
        place = place < 0 ? ~place - 1 : place;
        if (place < 0)
        {
            return version.Limits;
        }

        ref Compiled compiled = ref _compiled[place];
        if (compiled.Version != version)
        {
            compiled = new Compiled(version, version.Compile([.. InForce(version.AllLimits, _from[place])]));
        }

        return compiled.Limits;
    }

    private static IEnumerable<long> BeginAndEndOfMonth(long milliseconds)
    {
        yield return milliseconds;
        int month = BelgianCalendar.MonthOf(milliseconds);
        if (month >= 0)
        {
            yield return BelgianCalendar.StartMilliseconds(month + 1);
        }
    }

    private IEnumerable<SpendLimit> InForce(IReadOnlyList<SpendLimit> limits, long at)
    {
        foreach (SpendLimit limit in limits)
        {
            // No subscriber chooses for the account.
            LimitChoice? choice = limit.Scope == SpendScope.Account ? null : ChoiceOf(limit.Id, at);
            bool isAgreed = choice is { InForce: true }
                && BelgianCalendar.MonthOf(choice.From.ToUnixTimeMilliseconds()) == BelgianCalendar.MonthOf(at);
            bool isOfFirst = limit.After.Length == 0 || ChoiceOf(limit.After, at) is not { InForce: false };
            if (limit.After.Length == 0 ? choice is not { InForce: false } : isAgreed && isOfFirst)
            {
                yield return choice is null ? limit : limit with
                {
                    AmountNanos = choice.Amount is { } amount ? Nanos.FromDecimal(amount) : limit.AmountNanos,
                    IsChosen = true,
                };
            }
        }
    }

    private LimitChoice? ChoiceOf(string limit, long at) =>
        Array.FindLast(_choices, choice => choice.Limit == limit && choice.From.ToUnixTimeMilliseconds() <= at);

    private readonly record struct Compiled(TariffVersion? Version, SpendLimits Limits);
}
