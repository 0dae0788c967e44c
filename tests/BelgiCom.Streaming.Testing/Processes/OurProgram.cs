using System.Diagnostics;

namespace BelgiCom.Streaming.Testing;

/// <summary>A program of this repository, as a user starts it: with the settings of the test and none of the machine's.</summary>
public static class OurProgram
{
    // Settings of the machine that would change what a test means.
    private static readonly string[] SectionsOfTheMachine =
    [
        "KAFKA_HOME", "Kafka__", "SchemaRegistry__", "Rating__", "Billing__", "Retention__", "Adapters__", "Keys__", "Http__", "Log__",
    ];

    /// <summary>How to start it.</summary>
    /// <param name="assembly">Name of its assembly, which lies beside the test's.</param>
    /// <param name="environment">Its settings.</param>
    /// <param name="arguments">Its command line.</param>
    public static ProcessStartInfo Start(string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), .. arguments]);
        foreach (string key in start.Environment.Keys.Where(IsOfTheMachine).ToArray())
        {
            start.Environment.Remove(key);
        }

        foreach ((string key, string value) in environment)
        {
            start.Environment[key] = value;
        }

        return start;
    }

    private static bool IsOfTheMachine(string key) =>
        SectionsOfTheMachine.Any(section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase));
}
