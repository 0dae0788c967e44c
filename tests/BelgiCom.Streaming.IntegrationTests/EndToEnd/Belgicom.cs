using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The built tool as a process of its own: what a user starts, with nothing of the test inside.</summary>
internal static class Belgicom
{
    /// <summary>Longer than any run here needs; a hanging process fails the test instead of the whole build.</summary>
    public static readonly TimeSpan EndMax = TimeSpan.FromMinutes(4);

    public static ChildProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new("belgicom", OurProgram.Start("belgicom", environment, arguments));

    /// <summary>Starts the tool and waits for its end.</summary>
    public static Task<Finished> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        ChildProcess.RunAsync(OurProgram.Start("belgicom", environment, arguments), patience: EndMax);
}
