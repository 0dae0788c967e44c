namespace BelgiCom.Streaming.Catalogue;

/// <summary>Names of faults and warnings for programs. A name never changes its meaning; docs/catalogue.md tells each.</summary>
internal static class FaultCodes
{
    public const string BadNumber = "BAD_NUMBER";
    public const string UnknownKey = "UNKNOWN_KEY";
    public const string UnknownName = "UNKNOWN_NAME";
    public const string Broken = "BROKEN_VERSION";
    public const string VersionsOverlap = "VERSIONS_OVERLAP";
    public const string TiersNotRising = "TIERS_NOT_RISING";
    public const string TiersEnd = "TIERS_END";
    public const string StepInsideIncrement = "STEP_INSIDE_INCREMENT";
    public const string StepsNotRising = "STEPS_NOT_RISING";
    public const string TableChanges = "TABLE_CHANGES";
    public const string ByApplication = "ZERO_RATING_BY_APPLICATION";
    public const string NotApplied = "NOT_APPLIED";
}
