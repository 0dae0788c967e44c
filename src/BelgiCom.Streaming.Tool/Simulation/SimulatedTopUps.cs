using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>A top-up of prepaid money that a simulation makes.</summary>
/// <param name="Subscriber">Whose money.</param>
/// <param name="AtMilliseconds">When, milliseconds since 1970-01-01 UTC.</param>
/// <param name="AmountNanos">Nano-units, above 0.</param>
/// <param name="Currency">Its currency; unknown for that of the offering.</param>
internal sealed record SimulatedTopUp(UInt128 Subscriber, long AtMilliseconds, long AmountNanos, Currency Currency);

/// <summary>
/// The top-ups of the subscribers of one partition under one catalogue. Each is made before the first usage that ends after it: earlier
/// usage draws nothing from what it brings, and the lane has it before later usage can come. For one thread at a time.
/// </summary>
internal sealed class SimulatedTopUps
{
    private static readonly QuotaPolicy NoSessions = new();

    private readonly Dictionary<UInt128, Queue<SimulatedTopUp>> _waiting = [];
    private UInt128 _number;

    /// <summary>How many were made.</summary>
    public long Made { get; private set; }

    /// <summary>How many were refused, by why.</summary>
    public Dictionary<MoneyOutcome, long> Refused { get; } = [];

    /// <summary>Adds a top-up, in the order of their instants.</summary>
    public void Add(SimulatedTopUp topUp)
    {
        ref Queue<SimulatedTopUp>? queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_waiting, topUp.Subscriber, out _);
        (queue ??= new Queue<SimulatedTopUp>()).Enqueue(topUp);
    }

    /// <summary>Makes what is due before an event.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="session">Session that is going to rate it.</param>
    /// <param name="tariffs">Its tariffs.</param>
    public void MakeBefore(in UsageRecord usage, RatingSession session, TariffSnapshot tariffs)
    {
        if (_waiting.Count == 0 || !_waiting.TryGetValue(usage.Subscriber, out Queue<SimulatedTopUp>? queue))
        {
            return;
        }

        long end = Math.Max(
            Math.Max(usage.EventTimeMilliseconds, usage.EndTimeMilliseconds),
            usage.EventTimeMilliseconds + (Math.Clamp(usage.DurationSeconds, 0, int.MaxValue) * 1000));
        while (queue.TryPeek(out SimulatedTopUp? next) && next.AtMilliseconds <= end)
        {
            Make(queue.Dequeue(), session, tariffs);
        }

        if (queue.Count == 0)
        {
            _waiting.Remove(usage.Subscriber);
        }
    }

    private void Make(SimulatedTopUp topUp, RatingSession session, TariffSnapshot tariffs)
    {
        Currency currency = topUp.Currency.IsUnknown
            ? session.MoneyOf(topUp.Subscriber, tariffs, NoSessions, topUp.AtMilliseconds)?.Currency ?? default
            : topUp.Currency;
        MoneyOrder order = new(
            ++_number, BalanceOperationKind.TopUp, topUp.Subscriber, topUp.AmountNanos, currency, Caller: "simulate", Reason: "");
        MoneyOutcome outcome = session.Do(in order, tariffs, NoSessions, topUp.AtMilliseconds).Outcome;
        if (outcome == MoneyOutcome.Done)
        {
            Made++;
        }
        else
        {
            CollectionsMarshal.GetValueRefOrAddDefault(Refused, outcome, out _)++;
        }
    }
}
