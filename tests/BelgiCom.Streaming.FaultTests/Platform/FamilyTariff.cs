using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// An offering whose members share a data bundle, and have three messages each of their own. An octet above the bundle costs a whole number
/// of nano-units, so that what all members pay together follows from how much they used, whatever the order in which they drew.
/// </summary>
internal static class FamilyTariff
{
    public const string Offering = "fault-family";
    public const decimal OctetPrice = 0.000000013m;
    public const decimal MessagePrice = 0.08m;

    /// <summary>Messages of an account at the first price of its tiers, which all members count in together.</summary>
    public const int TierMessages = 20;

    public const decimal TierPrice = 0.03m;

    /// <summary>About half of what the members of an account use together.</summary>
    public static long SharedOctets { get; } = Scale.Of(20_000, 100_000);

    public static OfferingVersion Version { get; } = FaultTariff.Version with
    {
        Offering = Offering,
        Name = "Fault Family",
        Prices =
        [
            new OfferingPrice
            {
                Id = "data",
                Kind = UsageKind.Data,
                Unit = PriceUnit.Octet,
                UnitSize = 1,
                UnitPrice = OctetPrice,
                Increment = 1,
                Bundle = true,
            },
            new OfferingPrice
            {
                Id = "texts",
                Kind = UsageKind.Sms,
                Unit = PriceUnit.Message,
                UnitSize = 1,
                UnitPrice = MessagePrice,
                Increment = 1,
                Bundle = true,
            },
        ],
        Bundles =
        [
            new Bundle { Id = "pool", Kind = UsageKind.Data, Units = SharedOctets, Shared = true },
            new Bundle { Id = "own-texts", Kind = UsageKind.Sms, Units = FaultTariff.MessageBundle },
        ],
    };

    /// <summary>
    /// The same with a pool, to which each member brings its part of the units, and with messages by tiers of the account.
    /// </summary>
    /// <param name="members">Members of an account.</param>
    public static OfferingVersion Pooled(int members) => Version with
    {
        Offering = "fault-pool",
        Name = "Fault Pool",
        Limits = [],
        Prices =
        [
            Version.Prices[0],
            new OfferingPrice
            {
                Id = "texts",
                Kind = UsageKind.Sms,
                Unit = PriceUnit.Message,
                Increment = 1,
                UnitSize = 1,
                Model = PriceModel.Graduated,
                CountsAccount = true,
                Tiers =
                [
                    new PriceTier { UpTo = TierMessages, UnitPrice = MessagePrice, UnitSize = 1 },
                    new PriceTier { UpTo = -1, UnitPrice = TierPrice, UnitSize = 1 },
                ],
            },
        ],
        Bundles =
        [
            new Bundle { Id = "pool", Kind = UsageKind.Data, Units = SharedOctets / members, Shared = true, Contributed = true },
        ],
    };
}
