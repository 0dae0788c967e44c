using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>The built tool as a process of its own, as a user starts it.</summary>
internal static class BuiltTool
{
    // Longer than any run here needs; a verb that hangs fails its test.
    private static readonly TimeSpan EndMax = TimeSpan.FromMinutes(2);

    /// <summary>Runs a verb to its end, with the settings of the test and none of the machine's.</summary>
    public static Task<Finished> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync(OurProgram.Start("belgicom", new Dictionary<string, string>(), arguments), patience: EndMax);
}
