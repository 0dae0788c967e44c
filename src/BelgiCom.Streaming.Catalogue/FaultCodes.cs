namespace BelgiCom.Streaming.Catalogue;

/// <summary>Names of faults and warnings for programs. A name never changes its meaning; docs/catalogue.md tells each.</summary>
internal static class FaultCodes
{
    public const string BadNumber = "BAD_NUMBER";
    public const string UnknownKey = "UNKNOWN_KEY";
    public const string UnknownName = "UNKNOWN_NAME";
    public const string Broken = "BROKEN_VERSION";
    public const string AddOn = "ADD_ON";
    public const string VersionsOverlap = "VERSIONS_OVERLAP";
    public const string TiersNotRising = "TIERS_NOT_RISING";
    public const string TiersEnd = "TIERS_END";
    public const string StepInsideIncrement = "STEP_INSIDE_INCREMENT";
    public const string StepsNotRising = "STEPS_NOT_RISING";
    public const string TableChanges = "TABLE_CHANGES";
    public const string SharingChanges = "SHARING_CHANGES";
    public const string ByApplication = "ZERO_RATING_BY_APPLICATION";
    public const string VatRate = "VAT_RATE";
    public const string RoamingSurcharge = "ROAMING_SURCHARGE";
    public const string UnionCallCap = "UNION_CALL_CAP";
    public const string CapWithoutDestination = "CAP_WITHOUT_DESTINATION";
    public const string EmergencyCall = "EMERGENCY_CALL";
    public const string SpecialNumberMaximum = "SPECIAL_NUMBER_MAXIMUM";
    public const string FairUseSurcharge = "FAIR_USE_SURCHARGE";
    public const string FairUseVolume = "FAIR_USE_VOLUME";
    public const string SpendLimit = "SPEND_LIMIT";
    public const string PriceHidden = "PRICE_HIDDEN";
    public const string BandNeverHolds = "BAND_NEVER_HOLDS";
    public const string PrefixHidden = "PREFIX_HIDDEN";
    public const string BundleUnused = "BUNDLE_UNUSED";
    public const string BundleMissing = "BUNDLE_MISSING";
    public const string Gap = "GAP";
    public const string NotLookedAt = "NOT_LOOKED_AT";
    public const string NoEffect = "NO_EFFECT";
    public const string NotUtf8 = "NOT_UTF8";
    public const string NotApplied = "NOT_APPLIED";
}
