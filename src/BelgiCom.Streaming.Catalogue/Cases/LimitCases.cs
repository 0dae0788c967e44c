using System.Globalization;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Cases of limits: charges, and what is sent for them.</summary>
internal static class LimitCases
{
    public static IReadOnlyList<string> Run(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        PriceBasis basis = given.Basis("priceBasis");
        VatRate rate = MoneyCases.Rate(given);
        SpendLimits limits = new(Limits(given, "limits"), basis, rate);
        SpendCounter counter = new();
        string period = "";
        foreach (CaseObject usage in one.Objects("events"))
        {
            period = usage.OptionalText("period") ?? period;
            List<SpendNotice> reached = [];
            if (usage.Has("setLimit"))
            {
                limits = new SpendLimits(Limits(usage, "setLimit"), basis, rate);
                foreach (SpendScope watched in Enum.GetValues<SpendScope>())
                {
                    Count(watched, 0, reached);
                }
            }
            else
            {
                SpendScope scope = Scope(usage);
                long spend = Count(scope, usage.Nano("amount"), reached);

                // Where no limit is chosen, nothing counts against one.
                usage.Expect("spend", limits.Watches(scope) ? spend : 0);
            }

            usage.Expect("notifications", reached.Select(notice => notice.Step.Notification));
        }

        long Count(SpendScope scope, long nanos, List<SpendNotice> reached) =>
            counter.TryCount(limits, UInt128.Zero, scope, nanos, FirstDay(period), out long spend, reached)
                ? spend
                : throw new OverflowException("the spend does not fit");
    });

    private static SpendLimit[] Limits(CaseObject given, string key) => [
        .. given.Objects(key).Select(limit => new SpendLimit
        {
            Id = limit.Text("id"),
            Scope = Scope(limit),
            AmountNanos = limit.Nano("amount"),
            Basis = limit.Basis("basis"),
            LegalBasis = limit.OptionalText("legalBasis") ?? "",
            Steps = [
                .. limit.Objects("steps").Select(step => new SpendLimitStep(
                    (int)step.Whole("permille"), step.Text("type"), LimitAction.Message))],
        })];

    private static SpendScope Scope(CaseObject given) => given.Text("scope") switch
    {
        "roaming-data" => SpendScope.RoamingData,
        "domestic" => SpendScope.Domestic,
        "all" => SpendScope.All,
        string other => throw new FormatException($"'scope' is {other}, and must be roaming-data, domestic or all"),
    };

    /// <summary>The first day of a month such as 2026-01; of a case that names none, the first of all days.</summary>
    private static int FirstDay(string period) => period.Length == 0 ? 0
        : DateOnly.ParseExact(period, "yyyy-MM", CultureInfo.InvariantCulture).DayNumber
            - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
}
