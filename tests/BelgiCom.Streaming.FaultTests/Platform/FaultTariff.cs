using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// The one offering of the fault tests. Bundles are small, so that they are crossed; prices leave halves at the ninth decimal, so that a
/// wrong rounding shows.
/// </summary>
internal static class FaultTariff
{
    public const string Offering = "fault-go";

    /// <summary>The offering of those who pay before use, at the same prices.</summary>
    public const string PrepaidOffering = "fault-card";

    public const long DataBundleOctets = 10_000;
    public const long MessageBundle = 3;

    public const string RoamingLimit = "eu-roaming";

    /// <summary>4,000 times 8 octets abroad, without VAT.</summary>
    public const decimal RoamingLimitAmount = 4000 * 0.000000013m;

    public const string DomesticLimit = "be-domestic";

    /// <summary>Five messages at home, with VAT.</summary>
    public const decimal DomesticLimitAmount = 5 * 0.08m * 1.21m;

    public const string Home = "00101";
    public const string World = "310260";

    public static OfferingVersion Version { get; } = new()
    {
        Offering = Offering,
        Version = 1,
        Name = "Fault Go",
        Currency = "EUR",
        Zones = [new RoamingZone { Name = "home", Plmns = [Home] }, new RoamingZone { Name = "world", Plmns = ["*"] }],
        Prices =
        [
            new OfferingPrice
            {
                Kind = UsageKind.Data,
                Zone = "world",
                Unit = PriceUnit.Octet,
                UnitSize = 8,
                UnitPrice = 0.000000013m,
                Increment = 1,
            },
            new OfferingPrice
            {
                Kind = UsageKind.Data,
                Unit = PriceUnit.Octet,
                UnitSize = 1 << 10,
                UnitPrice = 0.000731m,
                Increment = 1,
                Bundle = true,
            },
            new OfferingPrice
            {
                Kind = UsageKind.Voice,
                Unit = PriceUnit.Second,
                UnitSize = 60,
                UnitPrice = 0.12m,
                Increment = 1,
                ConnectFee = 0.05m,
                Bundle = true,
            },
            new OfferingPrice
            {
                Kind = UsageKind.Sms,
                Unit = PriceUnit.Message,
                UnitSize = 1,
                UnitPrice = 0.08m,
                Increment = 1,
                Bundle = true,
            },
        ],
        Bundles =
        [
            new Bundle { Kind = UsageKind.Data, Units = DataBundleOctets, Zones = ["home"] },
            new Bundle { Kind = UsageKind.Voice, Units = 600, Zones = ["home"] },
            new Bundle { Kind = UsageKind.Sms, Units = MessageBundle, Zones = ["home"] },
        ],
        VatPermille = 210,
        Limits =
        [
            new OfferingLimit
            {
                Id = RoamingLimit,
                Scope = SpendScope.RoamingData,
                Amount = RoamingLimitAmount,
                Steps =
                [
                    new OfferingLimitStep { Permille = 800, Notification = "WARN_80", Action = LimitAction.Warn },
                    new OfferingLimitStep { Permille = 1000, Notification = "STOP_100", Action = LimitAction.CutOff },
                ],
                LegalBasis = "Regulation (EU) 2022/612 art. 14",
            },
            new OfferingLimit
            {
                Id = DomesticLimit,
                Scope = SpendScope.Domestic,
                Amount = DomesticLimitAmount,
                Basis = PriceBasis.Gross,
                Steps = [new OfferingLimitStep { Permille = 1000, Notification = "CEILING_REACHED" }],
                LegalBasis = "Royal Decree of 9 July 2013",
            },
        ],
    };

    public static OfferingVersion Prepaid { get; } = Version with
    {
        Offering = PrepaidOffering,
        PaymentMethod = PaymentMethod.PrePaid,
    };

    /// <summary>Units of the bundle that each top-up of at least 10.00 brings.</summary>
    public const long TopUpOctets = 1000;

    public const decimal TopUpOctetPrice = 0.000000013m;

    /// <summary>An offering whose top-ups bring bundles, each for three days.</summary>
    public static OfferingVersion PrepaidWithBundles { get; } = Prepaid with
    {
        Offering = "fault-card-gb",
        Limits = [],
        Bundles = [],
        Prices =
        [
            new OfferingPrice
            {
                Id = "data",
                Kind = UsageKind.Data,
                Unit = PriceUnit.Octet,
                UnitSize = 1,
                UnitPrice = TopUpOctetPrice,
                Increment = 1,
                Bundle = true,
            },
        ],
        TopUps =
        [
            new TopUpGrant
            {
                AtLeast = 10,
                ValiditySeconds = 3 * 86_400,
                Bundle = new Bundle { Id = "gb", Kind = UsageKind.Data, Units = TopUpOctets },
            },
        ],
    };
}
