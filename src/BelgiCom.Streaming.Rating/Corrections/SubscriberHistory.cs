using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What the topics keep of one subscriber's usage on one partition: each usage as it came, and all that was charged for it, in the order in
/// which it was.
/// </summary>
/// <param name="subscriber">Whose.</param>
public sealed class SubscriberHistory(SubscriberRef subscriber)
{
    private readonly List<RecordOfHistory> _records = [];
    private readonly Dictionary<UsageId, UsageOfHistory> _usage = [];

    /// <summary>Whose.</summary>
    public SubscriberRef Subscriber { get; } = subscriber;

    /// <summary>All records of usage.rated.v1 in their order.</summary>
    internal IReadOnlyList<RecordOfHistory> Records => _records;

    /// <summary>The usage, each with what is charged for it now.</summary>
    internal IEnumerable<UsageOfHistory> Usage => _usage.Values;

    /// <summary>Whether an id was rated twice.</summary>
    internal bool HasRatedTwice { get; private set; }

    /// <summary>Adds a record of usage.rated.v1, in the order of the offsets.</summary>
    /// <param name="rated">The record.</param>
    /// <param name="body">Its body, without the wire-format header.</param>
    public void AddRated(scoped in UsageRatedView rated, byte[] body)
    {
        _records.Add(new RecordOfHistory(body, BelgianCalendar.MonthStartingOn(rated.PeriodStartDays)));
        UsageId id = rated.HasCorrection ? rated.Correction.UsageId : rated.UsageId;
        if (rated is { HasCorrection: true, Correction.IsReversal: true })
        {
            return;
        }

        if (_usage.TryGetValue(id, out UsageOfHistory? known))
        {
            known.Charged = body;
            HasRatedTwice |= !rated.HasCorrection;
            return;
        }

        _usage.Add(id, new UsageOfHistory
        {
            UsageId = id,
            Charged = body,
            EventTimeMilliseconds = rated.EventTimeMilliseconds,
            Month = BelgianCalendar.MonthStartingOn(rated.PeriodStartDays),
            Place = _records.Count - 1,
            IsOnline = rated.ReceivedOffset < 0,
        });
    }

    /// <summary>Adds usage as it came; usage of which nothing is charged is left out.</summary>
    /// <param name="usageId">Its id.</param>
    /// <param name="body">Body of its record of usage.received.v1.</param>
    /// <param name="takenMilliseconds">When the log took it, milliseconds since 1970-01-01 UTC.</param>
    public void AddReceived(UsageId usageId, byte[] body, long takenMilliseconds)
    {
        if (_usage.TryGetValue(usageId, out UsageOfHistory? usage))
        {
            (usage.Received, usage.TakenMilliseconds) = (body, takenMilliseconds);
        }
    }
}

/// <summary>A record of usage.rated.v1.</summary>
/// <param name="Body">Its body.</param>
/// <param name="Month">Month of its balance.</param>
internal readonly record struct RecordOfHistory(byte[] Body, int Month);

/// <summary>Usage that is charged.</summary>
internal sealed class UsageOfHistory
{
    public required UsageId UsageId { get; init; }

    /// <summary>Body of the record that says what is charged now.</summary>
    public required byte[] Charged { get; set; }

    public required long EventTimeMilliseconds { get; init; }

    public required int Month { get; init; }

    /// <summary>Place of its first record among all.</summary>
    public required int Place { get; init; }

    /// <summary>Whether it came with a request of online charging.</summary>
    public required bool IsOnline { get; init; }

    /// <summary>Body of its record of usage.received.v1; null when the topic no longer has it.</summary>
    public byte[]? Received { get; set; }

    public long TakenMilliseconds { get; set; }
}

/// <summary>The balances and meters that records of usage.rated.v1 leave: of each, the last record that says it.</summary>
internal sealed class StateOfRecords
{
    /// <summary>By account and first day of the month.</summary>
    public Dictionary<(string Account, int PeriodStartDays), Balance> Balances { get; } = [];

    /// <summary>By key.</summary>
    public Dictionary<MeterKey, MeterEntry> Meters { get; } = [];

    /// <summary>Takes a record.</summary>
    public void Take(scoped in UsageRatedView rated)
    {
        Balances[(Encoding.UTF8.GetString(rated.Account), rated.PeriodStartDays)] = StateCodec.BalanceAfter(in rated);
        foreach (UsageMeterView view in new AvroItems<UsageMeterView>(rated.MetersOctets))
        {
            MeterEntry entry = UsageEvents.ToEntry(in view);
            Meters[new MeterKey(entry.Owner, entry.Id, entry.From)] = entry;
        }
    }

    /// <summary>What a meter holds.</summary>
    public MeterReading Read(in MeterKey key) => Meters.TryGetValue(key, out MeterEntry entry)
        ? new MeterReading(entry.Units, entry.Nanos)
        : default;
}
