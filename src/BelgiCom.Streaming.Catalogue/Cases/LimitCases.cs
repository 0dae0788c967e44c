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
        Dictionary<(string Scope, string Period), SpendState> states = [];
        string period = "";
        foreach (CaseObject usage in one.Objects("events"))
        {
            period = usage.OptionalText("period") ?? period;
            List<SpendNotice> reached = [];
            if (usage.Has("setLimit"))
            {
                limits = new SpendLimits(Limits(usage, "setLimit"), basis, rate);
                foreach (string watched in limits.Scopes)
                {
                    Count(watched, 0, reached);
                }
            }
            else
            {
                string scope = usage.Text("scope");
                Count(scope, usage.Nano("amount"), reached);

                // Where no limit is chosen, nothing counts against one.
                usage.Expect("spend", limits.Scopes.Contains(scope) ? states[(scope, period)].SpendNanos : 0);
            }

            usage.Expect("notifications", reached.Select(notice => notice.Step.Notification));
        }

        void Count(string scope, long nanos, List<SpendNotice> reached)
        {
            SpendState state = states.GetValueOrDefault((scope, period), SpendState.Empty);
            states[(scope, period)] = limits.TryCount(scope, nanos, ref state, reached)
                ? state
                : throw new OverflowException("the spend does not fit");
        }
    });

    private static SpendLimit[] Limits(CaseObject given, string key) => [
        .. given.Objects(key).Select(limit => new SpendLimit
        {
            Id = limit.Text("id"),
            Scope = limit.Text("scope"),
            AmountNanos = limit.Nano("amount"),
            Basis = limit.Basis("basis"),
            LegalBasis = limit.OptionalText("legalBasis") ?? "",
            Steps = [
                .. limit.Objects("steps").Select(step => new SpendLimitStep(
                    (int)step.Whole("permille"), step.Text("type"), LimitAction.Message))],
        })];
}
