namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Runs work on a thread of its own and gives its end as a task. A poll blocks for the life of the process and must not hold a thread of
/// the pool.
/// </summary>
internal static class DedicatedThread
{
    public static Task Run(string name, Action action)
    {
        TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                action();
                completion.SetResult();
            }
            catch (Exception failure)
            {
                completion.SetException(failure);
            }
        })
        {
            Name = name,
            IsBackground = true,
        };
        thread.Start();
        return completion.Task;
    }
}
