using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>What rating usage again changes, or has changed.</summary>
internal sealed class RerateReport
{
    // So many changes are shown one by one.
    private const int ChangesShown = 100;

    private readonly Dictionary<ChangeKey, ChangeSum> _sums = [];
    private readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);
    private readonly List<CorrectionStep> _changes = [];

    /// <summary>Subscribers with usage in the window.</summary>
    public long Subscribers { get; set; }

    /// <summary>Usage events that are charged otherwise.</summary>
    public long Events { get; private set; }

    /// <summary>Records that this writes: reversals and new ones.</summary>
    public long Lines { get; private set; }

    /// <summary>Subscribers of whom nothing is changed though it may have to be.</summary>
    public long RefusedSubscribers => _refused.Values.Sum();

    /// <summary>Adds what a subscriber's plan changes.</summary>
    public void Add(CorrectionPlan plan)
    {
        if (plan.Refusal != RerateRefusal.None)
        {
            Refuse(plan.Refusal, plan.Reason);
            return;
        }

        foreach (CorrectionStep step in plan.Steps)
        {
            Events++;
            Lines += step.Reversal is null ? 1 : 2;
            ChangeKey key = new(step.After.Offering, step.Reason, step.After.Currency);
            ChangeSum sum = _sums.GetValueOrDefault(key);
            _sums[key] = new ChangeSum(
                sum.Events + 1, sum.BeforeNanos + AmountIn(step.Before, key.Currency), sum.AfterNanos + step.After.AmountNanos,
                sum.BundleUnits + step.After.BundleUnits - step.Before.BundleUnits);
            if (step.Before.Currency != key.Currency)
            {
                ChangeKey other = key with { Currency = step.Before.Currency };
                ChangeSum of = _sums.GetValueOrDefault(other);
                _sums[other] = of with { BeforeNanos = of.BeforeNanos + step.Before.AmountNanos };
            }

            if (_changes.Count < ChangesShown)
            {
                _changes.Add(step);
            }
        }
    }

    /// <summary>The object of <c>--json</c>.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="isDone">Whether the changes are made, and not only shown.</param>
    /// <param name="left">Usage events that are still charged otherwise after it; null where that is not known yet.</param>
    /// <param name="run">What followed; null when that is left to the workers.</param>
    public object ToJson(RerateRequest request, bool isDone, long? left, object? run) => new
    {
        request.From,
        request.To,
        request.Offering,
        isDone,
        Subscribers,
        Events,
        Lines,
        left,
        refusedSubscribers = RefusedSubscribers,
        refused = _refused.Select(reason => new { reason = reason.Key, subscribers = reason.Value }),
        changes = _sums.OrderBy(sum => sum.Key.Offering, StringComparer.Ordinal).ThenBy(sum => sum.Key.Reason).Select(sum => new
        {
            sum.Key.Offering,
            reason = NameOf(sum.Key.Reason),
            sum.Key.Currency,
            sum.Value.Events,
            before = Amount(sum.Value.BeforeNanos),
            after = Amount(sum.Value.AfterNanos),
            difference = Amount(sum.Value.AfterNanos - sum.Value.BeforeNanos),
            sum.Value.BundleUnits,
        }),
        usage = _changes.Select(step => new
        {
            usageId = step.UsageId.ToString(),
            eventTime = DateTimeOffset.FromUnixTimeMilliseconds(step.EventTimeMilliseconds),
            reason = NameOf(step.Reason),
            before = Charge(step.Before),
            after = Charge(step.After),
        }),
        run,
    };

    /// <summary>The tables, each of which has rows.</summary>
    public IEnumerable<Table> Tables()
    {
        if (_sums.Count > 0)
        {
            Table table = new Table().Border(TableBorder.Simple)
                .AddColumns("offering", "because of", "events", "before", "after", "difference", "units from bundles");
            foreach ((ChangeKey key, ChangeSum sum) in _sums.OrderBy(sum => sum.Key.Offering, StringComparer.Ordinal))
            {
                table.AddRow(
                    Markup.Escape(key.Offering), NameOf(key.Reason), Words($"{sum.Events:N0}"),
                    $"{Amount(sum.BeforeNanos)} {key.Currency}", $"{Amount(sum.AfterNanos)} {key.Currency}",
                    $"{Amount(sum.AfterNanos - sum.BeforeNanos)} {key.Currency}", Words($"{sum.BundleUnits:+#,0;-#,0;0}"));
            }

            yield return table;
        }

        if (_refused.Count > 0)
        {
            Table table = new Table().Border(TableBorder.Simple).AddColumns("not rated again", "subscribers", "what to do");
            foreach ((string reason, long subscribers) in _refused)
            {
                table.AddRow(reason, Words($"{subscribers:N0}"), Markup.Escape(AdviceOf(reason)));
            }

            yield return table;
        }
    }

    /// <summary>The sum in a sentence.</summary>
    /// <param name="isDone">Whether the changes are made, and not only shown.</param>
    public string Sentence(bool isDone) =>
        Words($"{Subscribers:N0} subscribers with usage in the window; {Events:N0} usage events ")
        + (isDone ? "are" : "would be")
        + Words($" charged otherwise, in {Lines:N0} lines; {RefusedSubscribers:N0} subscribers refused");

    private void Refuse(RerateRefusal refusal, RejectedReason? reason)
    {
        string name = NameOf(refusal) + (reason is { } why ? $" ({SuspenseFilter.NameOf(why)})" : "");
        _refused[name] = _refused.GetValueOrDefault(name) + 1;
    }

    private static string AdviceOf(string reason) => reason.Split(' ')[0] switch
    {
        "CHARGED_ONLINE" => "its quota was granted by the price of that time: credit it by hand",
        "SHARED_BUNDLE" => "usage of all members would have to be rated again together: credit it by hand",
        "USAGE_GONE" => "the topics no longer keep all of it: bill the difference by hand",
        "NOT_RATED" => "publish what is missing, and rate it again",
        "OUTSIDE_SELECTION" => "other usage changes, too: give a wider window, and no offering",
        "LATE_USAGE" => "begin the window a month earlier",
        "NOT_BILLED_ONCE" => "see belgicom reconcile and suspense list, and wait until the ledger has everything",
        _ => "give a shorter window",
    };

    private static string NameOf<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(value.ToString());

    private static long AmountIn(CorrectedCharge charge, string currency) => charge.Currency == currency ? charge.AmountNanos : 0;

    private static string Amount(Int128 nanos) =>
        ((decimal)nanos / Nanos.PerUnit).ToString("0.000000000", CultureInfo.InvariantCulture);

    private static object Charge(CorrectedCharge charge) => new
    {
        charge.Offering,
        charge.Version,
        charge.IsRated,
        amount = Amount(charge.AmountNanos),
        charge.Currency,
        charge.BundleUnits,
    };

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private readonly record struct ChangeKey(string Offering, CorrectionReason Reason, string Currency);

    private readonly record struct ChangeSum(long Events, Int128 BeforeNanos, Int128 AfterNanos, long BundleUnits);
}
