namespace BelgiCom.Streaming.Testing;

/// <summary>
/// How much of a fault a test makes. BELGICOM_FAULTS=full takes the full counts of docs/fault-tests.md; without it they are small enough
/// for every build.
/// </summary>
public static class Scale
{
    private const string Variable = "BELGICOM_FAULTS";

    public static bool IsFull { get; } = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "reduced" => false,
        "full" => true,
        string other => throw new ArgumentException($"{Variable} is '{other}'; it must be 'reduced' or 'full'."),
    };

    public static int Of(int reduced, int full) => IsFull ? full : reduced;
}
