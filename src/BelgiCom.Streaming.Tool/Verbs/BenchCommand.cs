using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>bench</c>: starts <c>belgicom-bench</c>, as git and cargo start their external verbs. The benchmarks need a second Avro library and a
/// C program, which an operator's installation has no use for.
/// </summary>
internal static class BenchCommand
{
    public const string Name = "bench";
    private const string Program = "belgicom-bench";

    /// <summary>The verb when the program is missing: it tells where to get it.</summary>
    public static Command Create()
    {
        Command command = new(Name, "Measure speed, latency and memory beside the stock client, a usual .NET worker and plain C.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction(SayWhereItIs);
        return command;
    }

    /// <summary>Starts the program and waits for it; null when it is not installed.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int?> TryRunAsync(IEnumerable<string> arguments)
    {
        if (Folders().FirstOrDefault(folder => SisterProgram.IsIn(folder, Program)) is not { } home)
        {
            return null;
        }

        using Process program = Process.Start(SisterProgram.In(home, Program, arguments))!;
        // A terminal sends Ctrl-C to both processes. A signal to this process alone must end the other one too.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            program.Kill(entireProcessTree: true);
        });
        await program.WaitForExitAsync();
        return program.ExitCode;
    }

    private static int SayWhereItIs(ParseResult result) => throw new ToolException(
        WorkerHost.ExitConfiguration,
        $"the benchmarks are a program of their own, {Program}, which is not installed here: build the repository (dotnet build "
        + "-c Release), or publish src/BelgiCom.Streaming.Bench, whose folder has both programs");

    /// <summary>
    /// The program lies beside this one where both were published, and in the output of the neighbouring project in a build of the
    /// repository.
    /// </summary>
    private static IEnumerable<string> Folders() =>
    [
        AppContext.BaseDirectory,
        AppContext.BaseDirectory.Replace(Project("Tool"), Project("Bench"), StringComparison.Ordinal),
    ];

    private static string Project(string name) => $"{Path.DirectorySeparatorChar}BelgiCom.Streaming.{name}{Path.DirectorySeparatorChar}";
}
