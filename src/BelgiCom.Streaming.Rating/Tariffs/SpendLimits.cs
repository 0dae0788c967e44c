using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The limits in force for a subscriber, under a price list (D-27). A step fires when it is reached: at or above. A limit of another amount
/// is another limit, with steps of its own. Immutable; <see cref="SpendCounter"/> sends each step once.
/// </summary>
/// <remarks>
/// A limit on the other basis than the price list's is compared exactly (D-24): for each step the least whole number of nano-units is
/// computed that, on the price list's basis, is not below the step's fraction of the limit.
/// </remarks>
public sealed class SpendLimits
{
    private const int WholePermille = 1000;
    private const int Scopes = (int)SpendScope.Account + 1;

    // By scope, and behind them by measure, in rising order: the least spend that reaches a step, and the step.
    private readonly long[][] _from;
    private readonly SpendNotice[][] _notices;

    /// <summary>Takes limits in force.</summary>
    /// <param name="limits">The limits; none when the customer has opted out.</param>
    /// <param name="basis">Basis of the price list.</param>
    /// <param name="rate">Its rate of VAT.</param>
    /// <param name="measures">What is counted beside the scopes, in the order in which it is asked for; null for what the limits
    /// count.</param>
    /// <exception cref="ArgumentException">A limit is less than 0, a step less than one thousandth, or a step is there twice.</exception>
    public SpendLimits(
        IReadOnlyList<SpendLimit> limits, PriceBasis basis, VatRate rate, IReadOnlyList<SpendMeasure>? measures = null)
    {
        string[] measured = [
            .. (measures ?? limits.Select(limit => limit.Measure).OfType<SpendMeasure>()).Select(measure => measure.Key).Distinct()];
        All = limits;
        // A limit after another one is in force only for a customer who agreed to go on to it: then the service does not stop before.
        HashSet<string> passed = [.. limits.Select(limit => limit.After)];
        ILookup<int, (Int128 From, SpendNotice Notice)> steps = limits
            .SelectMany(limit => limit.Steps.Select(step => (ReachedFrom(limit, step, basis, rate), new SpendNotice(
                NumberOf(limit, step), limit,
                passed.Contains(limit.Id) && step.Action == LimitAction.CutOff ? step with { Action = LimitAction.Message } : step))))
            .OrderBy(step => step.Item1)
            .ToLookup(step => step.Item2.Limit is { Measure: { } measure }
                ? Scopes + Array.IndexOf(measured, measure.Key)
                : (int)step.Item2.Limit.Scope);
        if (steps.Any(scope => scope.DistinctBy(step => step.Notice.Number).Count() != scope.Count()))
        {
            throw new ArgumentException("A limit has the same step twice, or two limits have the same id and amount.", nameof(limits));
        }

        // No spend reaches a step beyond the largest number.
        (Int128 From, SpendNotice Notice)[][] reachable = [
            .. Enumerable.Range(0, Scopes + measured.Length)
                .Select(scope => steps[scope].Where(step => step.From <= long.MaxValue).ToArray())];
        _from = [.. reachable.Select(scope => scope.Select(step => (long)step.From).ToArray())];
        _notices = [.. reachable.Select(scope => scope.Select(step => step.Notice).ToArray())];
    }

    /// <summary>The limits.</summary>
    internal IReadOnlyList<SpendLimit> All { get; }

    /// <summary>The least spend that reaches a limit, on a basis; the largest number when none does.</summary>
    internal static long ReachedFrom(SpendLimit limit, PriceBasis basis, VatRate rate) => (long)Int128.Min(
        long.MaxValue, ReachedFrom(limit, new SpendLimitStep(WholePermille, "", LimitAction.Message), basis, rate));

    /// <summary>Whether any limit counts the scope.</summary>
    public bool Watches(SpendScope scope) => _from[(int)scope].Length > 0;

    /// <summary>The steps of a scope that a spend reaches, in rising order; none for a spend of 0 or less.</summary>
    /// <param name="scope">Which spend.</param>
    /// <param name="spendNanos">The spend of the period in nano-units, on the basis of the price list.</param>
    public ReadOnlySpan<SpendNotice> Reached(SpendScope scope, long spendNanos) => Reached((int)scope, spendNanos);

    /// <summary>The steps of a measure that a spend reaches, in rising order; none for a spend of 0 or less.</summary>
    /// <param name="measure">Place of the measure.</param>
    /// <param name="spendNanos">The spend of the period in nano-units, on the basis of the price list.</param>
    internal ReadOnlySpan<SpendNotice> ReachedOfMeasure(int measure, long spendNanos) => Reached(Scopes + measure, spendNanos);

    private ReadOnlySpan<SpendNotice> Reached(int list, long spendNanos)
    {
        long[] from = _from[list];
        int count = 0;
        while (count < from.Length && from[count] <= spendNanos)
        {
            count++;
        }

        return _notices[list].AsSpan(0, count);
    }

    /// <summary>
    /// Whether the service is stopped: the spend has reached a step that cuts off. So a customer who agreed to a second, higher limit goes
    /// on, one who chose a higher limit too, and one without limits is never stopped.
    /// </summary>
    public bool IsCutOff(SpendScope scope, long spendNanos) => IsCutOff(Reached(scope, spendNanos));

    /// <summary>Whether one of the steps that a spend reached stops the service.</summary>
    internal static bool IsCutOff(ReadOnlySpan<SpendNotice> reached)
    {
        foreach (SpendNotice notice in reached)
        {
            if (notice.Step.Action == LimitAction.CutOff)
            {
                return true;
            }
        }

        return false;
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

    /// <summary>The numbers of the steps of a limit, which are those of their meters, too.</summary>
    internal static IEnumerable<ulong> NumbersOf(SpendLimit limit) => limit.Steps.Select(step => NumberOf(limit, step));

    /// <summary>A number over what makes the step; the words of its message do not, so that they can be changed.</summary>
    private static ulong NumberOf(SpendLimit limit, SpendLimitStep step) => MeterId.Of(
        MeterKind.LimitStep,
        string.Create(CultureInfo.InvariantCulture, $"{limit.Id}\n{limit.AmountNanos}\n{limit.Basis}\n{step.Permille}")
            + (limit.Measure is { } measure ? $"\n{measure.Key}" : ""));
}
