using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What a version counts for an account and not for one subscriber: shared bundles, and tiers and limits of the account. Usage under such
/// a version is rated where the account is.
/// </summary>
public static class AccountTerms
{
    /// <summary>Whether a version counts anything for the account.</summary>
    /// <param name="version">The version.</param>
    public static bool AreIn(OfferingVersion version) =>
        version.Bundles.Any(bundle => bundle.Shared) || version.Prices.Any(price => price.CountsAccount)
        || version.Limits.Any(limit => limit.Scope == SpendScope.Account);

    /// <summary>Whether a price asks if the called number is that of another subscriber of the account.</summary>
    /// <param name="version">The version.</param>
    public static bool AskForGroups(OfferingVersion version) => version.Prices.Any(price => price.CalledInGroup);

    /// <summary>
    /// Whether what a version shares in a month depends on who the members of the account are (<see cref="AccountMembers"/>).
    /// </summary>
    /// <param name="version">The version.</param>
    public static bool DependOnMembers(OfferingVersion version) =>
        version.Bundles.Any(bundle => bundle.Shared && CountsDays(bundle));

    /// <summary>Whether what a bundle grants in a month depends on days of subscriptions.</summary>
    internal static bool CountsDays(Bundle bundle) => bundle is { ValidFrom: null, ValidTo: null }
        && (bundle.Contributed || bundle.ProRataStep > 0 || bundle.RolloverMaximum > 0);
}
