using System.Globalization;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>How far a run is.</summary>
/// <param name="FilesDone">Files mediated.</param>
/// <param name="Files">Files to mediate.</param>
/// <param name="Received">Usage events to rate, including those that an earlier run left.</param>
/// <param name="Decided">Usage events with an outcome.</param>
/// <param name="Rated">Of these with a price.</param>
/// <param name="Billed">Lines this run has billed.</param>
internal readonly record struct RunStep(int FilesDone, int Files, long Received, long Decided, long Rated, long Billed);

/// <summary>Shows how far a run is, on standard error: bars where a person looks, one line every second elsewhere.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);

    /// <summary>Shows <paramref name="step"/> until <paramref name="work"/> ends, and once more at its end.</summary>
    public static Task ShowWhileAsync(Task work, Func<RunStep> step) =>
        Console.IsErrorRedirected ? WriteLinesAsync(work, step) : DrawBarsAsync(work, step);

    private static async Task WriteLinesAsync(Task work, Func<RunStep> step)
    {
        RunStep shown = default(RunStep);
        do
        {
            await Task.WhenAny(work, Task.Delay(LineInterval));
            RunStep now = step();
            if (now != shown)
            {
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"files {now.FilesDone:N0}/{now.Files:N0}  usage received {now.Received:N0}  decided {now.Decided:N0}  rated "
                    + $"{now.Rated:N0}  billed {now.Billed:N0}"));
                shown = now;
            }
        }
        while (!work.IsCompleted);
        await work;
    }

    private static async Task DrawBarsAsync(Task work, Func<RunStep> step)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask files = context.AddTask("mediate");
                ProgressTask decided = context.AddTask("rate");
                ProgressTask billed = context.AddTask("bill");
                do
                {
                    await Task.WhenAny(work, Task.Delay(BarInterval));
                    RunStep now = step();
                    Set(
                        files, string.Create(CultureInfo.InvariantCulture, $"mediate {now.FilesDone:N0}/{now.Files:N0} files"),
                        now.FilesDone, now.Files);
                    Set(
                        decided, string.Create(CultureInfo.InvariantCulture, $"rate {now.Decided:N0}/{now.Received:N0}"), now.Decided,
                        now.Received);
                    Set(billed, string.Create(CultureInfo.InvariantCulture, $"bill {now.Billed:N0}/{now.Rated:N0}"), now.Billed, now.Rated);
                }
                while (!work.IsCompleted);
            });
        await work;
    }

    private static void Set(ProgressTask task, string description, long value, long max)
    {
        task.Description = description;
        task.MaxValue = Math.Max(1, max);
        task.Value = Math.Min(value, Math.Max(1, max));
    }
}
