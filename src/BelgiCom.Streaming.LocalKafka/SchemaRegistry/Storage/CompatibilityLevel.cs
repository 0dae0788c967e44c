namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Who must be able to read whom, names as in the registry's API. Backward: the new schema reads what the old ones wrote; forward: the old
/// ones read what the new one writes; full: both. Without "transitive" only the newest version is compared.
/// </summary>
internal enum CompatibilityLevel
{
    None,
    Backward,
    BackwardTransitive,
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

internal static class CompatibilityLevels
{
    private static readonly string[] ApiNames =
    [
        "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE",
    ];

    public static string ApiName(this CompatibilityLevel level) => ApiNames[(int)level];

    public static bool TryParse(string? name, out CompatibilityLevel level)
    {
        int index = Array.IndexOf(ApiNames, name?.ToUpperInvariant());
        level = (CompatibilityLevel)Math.Max(index, 0);
        return index >= 0;
    }

    public static bool IsTransitive(this CompatibilityLevel level) =>
        level is CompatibilityLevel.BackwardTransitive or CompatibilityLevel.ForwardTransitive or CompatibilityLevel.FullTransitive;

    public static bool NewReadsOld(this CompatibilityLevel level) =>
        level is CompatibilityLevel.Backward or CompatibilityLevel.BackwardTransitive or CompatibilityLevel.Full
            or CompatibilityLevel.FullTransitive;

    public static bool OldReadsNew(this CompatibilityLevel level) =>
        level is CompatibilityLevel.Forward or CompatibilityLevel.ForwardTransitive or CompatibilityLevel.Full
            or CompatibilityLevel.FullTransitive;
}
