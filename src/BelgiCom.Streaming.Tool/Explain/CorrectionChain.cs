using System.Globalization;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// How a usage event came to what it costs now: what was charged first, and each correction with what it took back and charged in its
/// place, why, who decided it, and when. It is that of the ledger, so it outlives the topics.
/// </summary>
/// <param name="UsageId">The usage.</param>
/// <param name="Original">What the ledger has of it; null when it cost nothing before the first correction.</param>
/// <param name="Lines">The lines of its corrections, in the order in which they were made, each with its record while that is kept.</param>
internal sealed record CorrectionChain(
    UsageId UsageId, BilledUsage? Original, IReadOnlyList<(LedgerCorrection Line, RatedExplanation? Rated)> Lines)
{
    /// <summary>Looks it up; null for usage that was never corrected.</summary>
    /// <param name="id">Id of the usage, or of a line of a correction.</param>
    /// <param name="ledger">The ledger.</param>
    /// <param name="rated">The rated record of an id, at a place.</param>
    public static CorrectionChain? Of(UsageId id, BillingLedger ledger, Func<UsageId, LedgerPlace, RatedExplanation?> rated)
    {
        IReadOnlyList<LedgerCorrection> lines = ledger.Corrections(id);
        return lines.Count == 0 ? null : new CorrectionChain(
            lines[0].UsageId,
            ledger.Find(lines[0].UsageId),
            [
                .. lines.Select(line => (line, line.Topic == Topics.UsageRated
                    ? rated(line.LineId, new LedgerPlace(line.Topic, line.Partition, line.Offset, default, BillClose: null))
                    : null)),
            ]);
    }

    /// <summary>The object of <c>--json</c>.</summary>
    public object ToJson() => new
    {
        usageId = UsageId.ToString(),
        original = Original is null ? null : new
        {
            Original.Account,
            Original.Offering,
            Original.Version,
            Original.ChargedUnits,
            Original.BundleUnits,
            amount = ExplainedPart.Money(NanosOf(Original)),
            Original.Currency,
        },
        corrections = Lines.Select(one => new
        {
            line = one.Line.LineId.ToString(),
            one.Line.IsReversal,
            reason = one.Line.Reason.ToString().ToUpperInvariant(),
            decidedAt = DecidedAt(one.Line),
            one.Line.DecidedBy,
            one.Line.Because,
            rated = $"{one.Line.Topic}[{one.Line.Partition}]@{one.Line.Offset}",
            billed = one.Line.Billed is not { } billed ? null : new
            {
                billed.Account,
                billed.Offering,
                billed.Version,
                billed.Period,
                billed.ChargedUnits,
                billed.BundleUnits,
                amount = ExplainedPart.Money(billed.AmountNanos),
                billed.Currency,
                billed.BillClose,
            },
            parts = one.Rated?.Parts.Select(part => new { part.Component, part.Arithmetic, part.Amount }),
        }),
        now = Now().Select(sum => new { sum.Account, sum.Currency, amount = ExplainedPart.Money(sum.Nanos) }),
    };

    /// <summary>The lines for a person; what the usage costs now is the last.</summary>
    public IEnumerable<string> Text()
    {
        yield return Original is { } first
            ? Words($"charged   {ExplainedPart.Money(NanosOf(first))} {first.Currency} at first: account {first.Account}, offering ")
                + Words($"{first.Offering}, version {first.Version}; usage {UsageId}")
            : $"charged   nothing at first; usage {UsageId}";
        for (int index = 0; index < Lines.Count; index++)
        {
            (LedgerCorrection line, RatedExplanation? rated) = Lines[index];
            if (line.IsReversal || index == 0 || !Lines[index - 1].Line.IsReversal)
            {
                yield return $"corrected {Decision(line)}";
            }

            yield return $"  {(line.IsReversal ? "taken back" : "charged"),-12} {Billed(line)}, line {line.LineId}";
            foreach (ExplainedPart part in rated?.Parts ?? [])
            {
                yield return $"    {part.Component,-10} {part.Amount,18} {rated!.Usage.Currency}   {part.Arithmetic}";
            }
        }

        foreach ((string account, string currency, long nanos) in Now())
        {
            yield return $"now       {ExplainedPart.Money(nanos)} {currency} on account {account}";
        }
    }

    /// <summary>What each account pays for the usage in all.</summary>
    private IEnumerable<(string Account, string Currency, long Nanos)> Now() => Lines
        .Where(one => one.Line.Billed is not null)
        .Select(one => (one.Line.Billed!.Account, one.Line.Billed.Currency, Nanos: one.Line.Billed.AmountNanos))
        .Concat(Original is null ? [] : [(Original.Account, Original.Currency, Nanos: NanosOf(Original))])
        .GroupBy(one => (one.Account, one.Currency))
        .OrderBy(group => group.Key.Account, StringComparer.Ordinal).ThenBy(group => group.Key.Currency, StringComparer.Ordinal)
        .Select(group => (group.Key.Account, group.Key.Currency, group.Sum(one => one.Nanos)));

    private static string Decision(LedgerCorrection line)
    {
        string when = DecidedAt(line) is { } at ? Local.Text(at) : "at a time that the release did not keep";
        string who = line.DecidedBy.Length > 0 ? $" by {line.DecidedBy}" : "";
        string why = line.Reason switch
        {
            CorrectionReason.Tariff => "TARIFF, another version holds",
            CorrectionReason.Subscription => "SUBSCRIPTION, another account or offering",
            _ => "FOLLOWS, by the order of the usage or because other usage is charged otherwise",
        };
        return $"{when}{who}: {why}{(line.Because.Length > 0 ? $"; {line.Because}" : "")}";
    }

    private static string Billed(LedgerCorrection line)
    {
        if (line.Billed is not { } billed)
        {
            return "nothing: the usage is free of charge now, and on no bill";
        }

        string bill = billed.BillClose is { } close ? Words($"on the bill of close {close}") : "on no bill yet";
        return Words($"{ExplainedPart.Money(billed.AmountNanos)} {billed.Currency}, {billed.ChargedUnits:N0} units, of which ")
            + Words($"{billed.BundleUnits:N0} in bundles: account {billed.Account}, offering {billed.Offering}, version {billed.Version}, ")
            + Words($"month {billed.Period}, {bill}");
    }

    private static DateTimeOffset? DecidedAt(LedgerCorrection line) => line.DecidedAt > DateTimeOffset.UnixEpoch ? line.DecidedAt : null;

    private static long NanosOf(BilledUsage billed) => Nanos.FromDecimal(billed.Amount);

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
