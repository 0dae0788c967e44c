using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>A rating session under the tariff of a case, with the subscribers whose usage it is.</summary>
internal sealed class CaseRating
{
    private const int Days = 3660;

    private readonly CompiledCatalogue _catalogue = new(takesAllTerms: true);
    private readonly IReadOnlyDictionary<string, IReadOnlyList<OfferingVersion>> _versions;

    /// <summary>Makes a session.</summary>
    /// <param name="versions">The versions of the offering of each subscriber.</param>
    /// <param name="begin">Since when they have it: bundles are full at the begin of a case, and nothing is carried into it.</param>
    /// <param name="subscriptions">What the case says of the subscriptions.</param>
    public CaseRating(
        IReadOnlyDictionary<string, IReadOnlyList<OfferingVersion>> versions, DateTimeOffset? begin = null,
        IReadOnlyDictionary<string, CaseSubscription>? subscriptions = null)
    {
        _versions = versions;
        foreach (OfferingVersion version in versions.Values.SelectMany(version => version))
        {
            _catalogue.Put(version);
        }

        _catalogue.Compile();
        foreach ((string subscriber, IReadOnlyList<OfferingVersion> own) in versions)
        {
            bool isMember = own.Any(version => AccountTerms.AreIn(version) || AccountTerms.AskForGroups(version));
            CaseSubscription said = subscriptions?.GetValueOrDefault(subscriber) ?? new CaseSubscription(null, begin, null);
            SubscriptionPeriod period = new()
            {
                Account = said.Account ?? (isMember ? "shared" : subscriber),
                Offering = own[0].Offering,
                ValidFrom = said.From,
                ValidTo = said.To,
            };
            Session.SetSubscription(RateCase.Number(subscriber), [period], _catalogue.Offerings);
        }
    }

    /// <summary>The session.</summary>
    public RatingSession Session { get; } = new(Days, Days);

    /// <summary>The tariffs to rate with.</summary>
    public TariffSnapshot Tariffs => _catalogue.Tariffs;

    /// <summary>What is wrong with the tariff.</summary>
    public IReadOnlyList<string> Problems => [.. _catalogue.Problems];

    /// <summary>A session under a tariff, for all whose usage there is.</summary>
    public static CaseRating Of(CaseObject tariff, IReadOnlyList<CaseObject> events) => new(
        events.Select(RateCase.SubscriberOf).Distinct(StringComparer.Ordinal).ToDictionary(
            subscriber => subscriber,
            subscriber => CaseTariff.Versions(tariff, subscriber),
            StringComparer.Ordinal));

    /// <summary>Whether top-ups bring a bundle.</summary>
    public bool IsOfTopUp(string bundle) =>
        _versions.Values.SelectMany(versions => versions).SelectMany(version => version.TopUps).Any(topUp => topUp.Bundle.Id == bundle);

    /// <summary>Units that a subscriber has left at an instant of a bundle that top-ups brought.</summary>
    public long LeftOf(UInt128 subscriber, string bundle, long milliseconds) =>
        Session.TryGuide(subscriber, Tariffs, milliseconds, out GuidedSubscriber guided)
            ? Session.BalancesOf(subscriber, guided, Tariffs, new QuotaPolicy(), milliseconds)!.Bundles
                .Where(one => one.TopUp is not null && one.Name == bundle).Sum(one => one.Left ?? 0)
            : 0;

    /// <summary>Prepaid money of a subscriber at an instant, nano-units.</summary>
    public long MoneyOf(UInt128 subscriber, long milliseconds) =>
        Session.MoneyOf(subscriber, Tariffs, new QuotaPolicy(), milliseconds)?.Nanos ?? 0;

    /// <summary>
    /// Units that a bundle has left when all usage has come: of a monthly one in the month of what came last, under the version in force
    /// then.
    /// </summary>
    /// <param name="bundle">Its id.</param>
    /// <param name="draws">All that was drawn from bundles, in the order in which it came.</param>
    public long RestOf(string bundle, IReadOnlyList<CaseDraw> draws)
    {
        long latest = draws.Count == 0 ? long.MaxValue : draws[^1].Milliseconds;
        (Bundle Bundle, OfferingVersion Version)[] granted = [
            .. _versions.Values.SelectMany(versions => versions).SelectMany(
                version => version.Bundles.Where(one => one.Id == bundle).Select(one => (one, version)))];
        (Bundle Bundle, OfferingVersion Version) last = granted
            .OrderBy(one => one.Version.ValidFrom.ToUnixTimeMilliseconds() <= latest)
            .ThenBy(one => one.Version.Version * (one.Version.ValidFrom.ToUnixTimeMilliseconds() <= latest ? 1 : -1))
            .Last();
        if (last.Bundle.Contributed || last.Bundle.ProRataStep > 0)
        {
            throw new FormatException($"'remaining' of bundle {bundle} depends on days and devices, which no case can say");
        }

        bool isMonthly = last.Bundle.ValidFrom is null && last.Bundle.ValidTo is null;
        return last.Bundle.Units - draws
            .Where(draw => draw.Bundle == bundle
                && (!isMonthly || BelgianCalendar.MonthOf(draw.Milliseconds) == BelgianCalendar.MonthOf(latest)))
            .Sum(draw => draw.Units);
    }
}

/// <summary>What a case says of a subscription.</summary>
/// <param name="Account">Its account; null for the one that members of an account have together, or one of its own.</param>
/// <param name="From">When it begins; null for ever.</param>
/// <param name="To">When it ends; null for never.</param>
internal sealed record CaseSubscription(string? Account, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>Units that usage drew from a bundle.</summary>
/// <param name="Bundle">Its id.</param>
/// <param name="Milliseconds">When the usage began, milliseconds since 1970-01-01 UTC.</param>
/// <param name="Units">Units; less than 0 when they went back.</param>
internal readonly record struct CaseDraw(string Bundle, long Milliseconds, long Units);
