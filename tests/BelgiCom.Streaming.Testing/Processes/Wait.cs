using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>Waits for conditions, never for time alone.</summary>
public static class Wait
{
    /// <summary>Long enough for a busy machine, short enough that a hang is a failure and not a cancelled build.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(Scale.Of(120, 600));

    /// <summary>Waits until the condition holds; fails when a process that it needs has ended, or when patience does.</summary>
    public static async Task UntilAsync(
        Func<Task<bool>> condition, string what, IEnumerable<ChildProcess> needed, TimeSpan? patience = null)
    {
        long started = Stopwatch.GetTimestamp();
        ChildProcess[] running = [.. needed];
        while (true)
        {
            // Looked at before the condition: the last words of a process may be what is waited for.
            ChildProcess? ended = running.FirstOrDefault(process => process.HasEndedUnasked());
            if (await condition())
            {
                return;
            }

            Assert.True(ended is null, ended?.EndedUnasked);
            if (Stopwatch.GetElapsedTime(started) > (patience ?? Patience))
            {
                Assert.Fail($"waited {patience ?? Patience} in vain: {what}\n{string.Join('\n', running.Select(process => process.Tail))}");
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what, params ChildProcess[] needed) =>
        UntilAsync(() => Task.FromResult(condition()), what, needed);

    /// <summary>Waits for a task, for example that a request is held back.</summary>
    public static Task UntilAsync(Task task, string what, params ChildProcess[] needed) => UntilAsync(() => task.IsCompleted, what, needed);

    /// <summary>Waits while other work of the test goes on: when that ends or fails first, so does the test.</summary>
    public static async Task WhileAsync(
        Task work, Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        await UntilAsync(
            async () =>
            {
                bool ended = work.IsCompleted;
                if (await condition())
                {
                    return true;
                }

                if (ended)
                {
                    await work;
                    Assert.Fail($"it ended before {what}");
                }

                return false;
            },
            what,
            []);

    public static Task WhileAsync(
        Task work, Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        WhileAsync(work, () => Task.FromResult(condition()), what);

    /// <summary>The length of a fault that is defined by its length: a process that stands still for so long.</summary>
    public static Task ForAsync(TimeSpan length)
    {
        long started = Stopwatch.GetTimestamp();
        return UntilAsync(() => Stopwatch.GetElapsedTime(started) >= length, "the end of the fault");
    }
}
