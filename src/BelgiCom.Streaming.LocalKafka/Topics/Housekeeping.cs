namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Looks through all partitions for what retention and compaction may remove.</summary>
internal sealed class Housekeeping : IDisposable
{
    private readonly Lock _running = new();
    private readonly TopicStore _topics;
    private readonly ITimer _timer;

    public Housekeeping(TopicStore topics, LogSettings settings, TimeSpan interval)
    {
        _topics = topics;
        _timer = settings.Every(interval, Run);
    }

    public void Dispose()
    {
        _timer.Dispose();
        // Waits for a round that is under way, so that no file is written after the broker has stopped.
        lock (_running)
        {
        }
    }

    private void Run()
    {
        // A long compaction may outlast the interval.
        if (!_running.TryEnter())
        {
            return;
        }

        try
        {
            foreach (PartitionLog partition in _topics.All.SelectMany(topic => topic.Partitions))
            {
                partition.ApplyRetention();
                partition.Compact();
            }
        }
        finally
        {
            _running.Exit();
        }
    }
}
