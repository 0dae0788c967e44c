namespace BelgiCom.Streaming.Kafka;

/// <summary>A thread whose end is a task. The pool's threads must not be held by a poll that blocks for the life of the process.</summary>
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
