namespace BelgiCom.Streaming.Kafka;

/// <summary>Awaits calls of the administrative client safely.</summary>
internal static class AdminCalls
{
    /// <summary>
    /// The client completes its tasks on its own poll thread, and continuations would run there: a caller that then disposes the client
    /// would free the native handle under the running thread. So every call, also a failed one, moves to the pool before it continues.
    /// </summary>
    public static async Task<T> OffPollThread<T>(this Task<T> call)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        finally
        {
            await Task.Yield();
        }
    }

    /// <inheritdoc cref="OffPollThread{T}"/>
    public static async Task OffPollThread(this Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        finally
        {
            await Task.Yield();
        }
    }
}
