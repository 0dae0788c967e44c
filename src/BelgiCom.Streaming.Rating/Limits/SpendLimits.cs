using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The limits that a subscriber has chosen, under a price list (D-27). A step fires when it is reached: at or above. All steps that one
/// charge reaches fire together, in rising order; each fires once in a period, whatever goes up and down. A limit of another amount is
/// another limit, with warnings of its own, and a reversal never warns again.
/// </summary>
/// <remarks>
/// A limit on the other basis than the price list's is compared exactly (D-24): for each step the least whole number of nano-units is
/// computed that, on the price list's basis, is not below the step's fraction of the limit.
/// </remarks>
public sealed class SpendLimits
{
    private const int WholePermille = 1000;
    private readonly Checkpoint[] _checkpoints;

    /// <summary>Takes limits in force.</summary>
    /// <param name="limits">The limits; none when the customer has opted out.</param>
    /// <param name="basis">Basis of the price list.</param>
    /// <param name="rate">Its rate of VAT.</param>
    /// <exception cref="ArgumentException">A limit is less than 0, a step less than one thousandth, or a step is there twice.</exception>
    public SpendLimits(IReadOnlyList<SpendLimit> limits, PriceBasis basis, VatRate rate)
    {
        _checkpoints = [
            .. limits.SelectMany(limit => limit.Steps.Select(step => new Checkpoint(
                ReachedFrom(limit, step, basis, rate), new SpendNotice(NumberOf(limit, step), limit, step))))
                .OrderBy(checkpoint => checkpoint.FromNanos)];
        if (_checkpoints.DistinctBy(checkpoint => checkpoint.Notice.Number).Count() != _checkpoints.Length)
        {
            throw new ArgumentException("A limit has the same step twice, or two limits have the same id and amount.", nameof(limits));
        }
    }

    /// <summary>Scopes that have a limit.</summary>
    public IReadOnlyList<string> Scopes =>
        [.. _checkpoints.Select(checkpoint => checkpoint.Notice.Limit.Scope).Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// Counts a charge and says which steps it reaches. A charge of 0 says what is reached without one, which is what to ask when limits
    /// were changed: a limit below what is spent is reached at once.
    /// </summary>
    /// <param name="scope">What the charge counts for.</param>
    /// <param name="nanos">The charge in nano-units on the basis of the price list; less than 0 for a reversal.</param>
    /// <param name="state">The spend of the scope in the period of the charge.</param>
    /// <param name="reached">Gets the steps to send now, in rising order.</param>
    /// <returns>False, and nothing is changed, when the spend does not fit.</returns>
    public bool TryCount(string scope, long nanos, ref SpendState state, IList<SpendNotice> reached)
    {
        Int128 spend = (Int128)state.SpendNanos + nanos;
        if (spend < long.MinValue || spend > long.MaxValue)
        {
            return false;
        }

        List<ulong>? sent = null;
        foreach (Checkpoint checkpoint in _checkpoints)
        {
            if (checkpoint.IsReachedBy(scope, (long)spend) && !state.Sent.Contains(checkpoint.Notice.Number))
            {
                (sent ??= [.. state.Sent]).Add(checkpoint.Notice.Number);
                reached.Add(checkpoint.Notice);
            }
        }

        state = new SpendState((long)spend, sent ?? state.Sent);
        return true;
    }

    /// <summary>
    /// Whether the service is stopped: the spend has reached each step of the scope that cuts off. So a customer who agreed to a second,
    /// higher limit goes on, one who chose a higher limit too, and one without limits is never stopped.
    /// </summary>
    public bool IsCutOff(string scope, SpendState state)
    {
        Checkpoint last = Array.FindLast(
            _checkpoints, checkpoint => checkpoint.Notice.Limit.Scope == scope && checkpoint.Notice.Step.Action == LimitAction.CutOff);
        return last != default && last.IsReachedBy(scope, state.SpendNanos);
    }

    /// <summary>The least spend that reaches a step; at least 1 nano, because without spend nothing is reached.</summary>
    private static Int128 ReachedFrom(SpendLimit limit, SpendLimitStep step, PriceBasis basis, VatRate rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit.AmountNanos, nameof(limit));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step.Permille, nameof(limit));
        Int128 dividend = (Int128)limit.AmountNanos * step.Permille;
        Int128 divisor = WholePermille;
        if (limit.Basis != basis)
        {
            Int128 gross = Nanos.PerUnit + rate.Nanos;
            (dividend, divisor) = basis == PriceBasis.Gross
                ? (dividend * gross, divisor * Nanos.PerUnit)
                : (dividend * Nanos.PerUnit, divisor * gross);
        }

        return Int128.Max(1, (dividend + divisor - 1) / divisor);
    }

    /// <summary>64 bits of SHA-256 over what makes the step.</summary>
    private static ulong NumberOf(SpendLimit limit, SpendLimitStep step) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{limit.Id}\n{limit.AmountNanos}\n{limit.Basis}\n{step.Permille}\n{step.Notification}"))));

    private readonly record struct Checkpoint(Int128 FromNanos, SpendNotice Notice)
    {
        public bool IsReachedBy(string scope, long spend) => spend >= FromNanos && Notice.Limit.Scope == scope;
    }
}
