using System.Diagnostics;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// Measures a contender from its first commit to its last one, because the time to start, to join a group and to restore is another
/// question. Processor time, allocation and memory are those of this process, which does nothing else meanwhile.
/// </summary>
internal sealed class CommitClock
{
    /// <summary>Units of <see cref="Figures"/>.</summary>
    public static readonly string[] Units = ["records/s", "CPU µs/record", "B/record", "MiB peak"];

    private readonly Lock _lock = new();
    private (long Records, long Timestamp, TimeSpan Cpu, long Allocated) _first;
    private (long Records, long Timestamp, TimeSpan Cpu, long Allocated) _last;
    private long _records;
    private long _peak;

    public void Committed(long records)
    {
        lock (_lock)
        {
            _records += records;
            _last = (_records, Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
            _first = _first.Records == 0 ? _last : _first;
            _peak = Math.Max(_peak, Environment.WorkingSet);
        }
    }

    /// <summary>Records/s, processor µs per record, octets allocated per record, largest working set in MiB.</summary>
    public double[] Figures()
    {
        lock (_lock)
        {
            double records = _last.Records - _first.Records;
            return
            [
                records / Stopwatch.GetElapsedTime(_first.Timestamp, _last.Timestamp).TotalSeconds,
                (_last.Cpu - _first.Cpu).TotalMicroseconds / records,
                (_last.Allocated - _first.Allocated) / records,
                _peak / (double)(1 << 20),
            ];
        }
    }
}
