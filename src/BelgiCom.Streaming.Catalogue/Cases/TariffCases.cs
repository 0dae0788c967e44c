using System.Text.Json;
using BelgiCom.Streaming.Contracts;

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

    /// <summary>Whether cases of its kind can be run.</summary>
    public static bool CanRun(TariffCase tariffCase) => Kinds.ContainsKey(tariffCase.Kind);

    /// <summary>Runs a case.</summary>
    /// <param name="tariffCase">The case.</param>
    /// <param name="catalogue">Offerings that a case may name instead of carrying a tariff.</param>
    /// <exception cref="InputFaultException">The case is not written as a case of its kind is, or cannot be run.</exception>
    public static TariffCaseResult Run(TariffCase tariffCase, IReadOnlyList<OfferingVersion>? catalogue = null)
    {
        if (!CanRun(tariffCase))
        {
            throw Fault(tariffCase, $"cases of kind '{tariffCase.Kind}' cannot be run");
        }

        try
        {
            return new TariffCaseResult(tariffCase, Kinds[tariffCase.Kind](tariffCase.Content, catalogue ?? []));
        }
        catch (Exception broken) when (broken is KeyNotFoundException or InvalidOperationException or FormatException
            or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            throw Fault(tariffCase, broken.Message);
        }
    }

    private static InputFaultException Fault(TariffCase tariffCase, string sentence) =>
        new([new InputFault(tariffCase.File, 0, $"case {tariffCase.Id}: {sentence}")]);
}
