namespace BelgiCom.Streaming.Kafka.Tests;

/// <summary>The system's clock, moved on by hand.</summary>
internal sealed class LaterClock : TimeProvider
{
    private long _ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    public override long GetTimestamp() =>
        base.GetTimestamp() + (long)(TimeSpan.FromTicks(Interlocked.Read(ref _ticks)).TotalSeconds * TimestampFrequency);

    public void Later(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
