using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Runs cases of tariffs with the code that rates in production.</summary>
public static class TariffCases
{
    // What runs a case of each kind, and says what is other than expected.
    private static readonly Dictionary<string, CaseKind> Kinds = new(StringComparer.Ordinal)
    {
        ["rate"] = RateCase.Run,
        ["validate"] = (content, _) => ValidateCase.Run(content),
        ["roundBillLine"] = (content, _) => MoneyCases.RoundBillLine(content),
        ["vatOfAmount"] = (content, _) => MoneyCases.VatOfAmount(content),
        ["bill"] = (content, _) => MoneyCases.Bill(content),
        ["convertBill"] = (content, _) => MoneyCases.ConvertBill(content),
        ["commitment"] = (content, _) => PeriodCases.Commit(content),
        ["prorate"] = (content, _) => PeriodCases.ProRate(content),
        ["discount"] = (content, _) => PeriodCases.Reduce(content),
        ["rollover"] = (content, _) => PeriodCases.RollOver(content),
        ["fairUse"] = (content, _) => PeriodCases.UseFairly(content),
        ["limits"] = (content, _) => LimitCases.Run(content),
        ["reservation"] = (content, _) => ReservationCases.Run(content),
        ["reverse"] = (content, _) => CorrectionCases.Reverse(content),
        ["rerate"] = (content, _) => CorrectionCases.Rerate(content),
        ["recycle"] = (content, _) => CorrectionCases.Recycle(content),
    };

    private delegate IReadOnlyList<string> CaseKind(JsonElement content, IReadOnlyList<OfferingVersion> catalogue);

    /// <summary>Runs a case. One that is not written as a case of its kind is fails, and the reason is what differs.</summary>
    /// <param name="tariffCase">The case.</param>
    /// <param name="catalogue">Offerings that a case may name instead of carrying a tariff.</param>
    public static TariffCaseResult Run(TariffCase tariffCase, IReadOnlyList<OfferingVersion>? catalogue = null)
    {
        if (tariffCase.Fault is { } fault)
        {
            return new TariffCaseResult(tariffCase, [fault]);
        }

        if (!Kinds.TryGetValue(tariffCase.Kind, out CaseKind? run))
        {
            return new TariffCaseResult(
                tariffCase, [$"there is no kind '{tariffCase.Kind}': it is one of {string.Join(", ", Kinds.Keys)}"]);
        }

        try
        {
            return new TariffCaseResult(tariffCase, run(tariffCase.Content, catalogue ?? []));
        }
        catch (InputFaultException broken)
        {
            return new TariffCaseResult(tariffCase, [.. broken.Faults.Select(one => one.Message)]);
        }
        catch (Exception broken) when (broken is KeyNotFoundException or InvalidOperationException or FormatException
            or ArithmeticException or ArgumentException or IndexOutOfRangeException or InvalidTariffException)
        {
            return new TariffCaseResult(tariffCase, [broken.Message]);
        }
    }
}
