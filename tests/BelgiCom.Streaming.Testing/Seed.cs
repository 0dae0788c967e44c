using System.Globalization;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>Where a test's randomness comes from. The seed is printed; BELGICOM_SEED sets it.</summary>
public static class Seed
{
    private const string Variable = "BELGICOM_SEED";

    public static int Next()
    {
        string? asked = Environment.GetEnvironmentVariable(Variable);
        int seed = int.TryParse(asked, CultureInfo.InvariantCulture, out int given) ? given : Environment.TickCount;
        Notes.Write($"seed {seed}: {Variable}={seed} repeats it");
        return seed;
    }
}

/// <summary>What a test tells the person who reads its output.</summary>
public static class Notes
{
    public static void Write(string line) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}");
}
