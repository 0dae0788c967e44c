using System.Text.Json;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Runs cases of tariffs with the code that rates in production.</summary>
public static class TariffCases
{
    // What runs a case of each kind, and says what is other than expected.
    private static readonly Dictionary<string, Func<JsonElement, IReadOnlyList<string>>> Kinds = new(StringComparer.Ordinal)
    {
        ["rate"] = RateCase.Run,
        ["roundBillLine"] = MoneyCases.RoundBillLine,
        ["vatOfAmount"] = MoneyCases.VatOfAmount,
        ["bill"] = MoneyCases.Bill,
        ["convertBill"] = MoneyCases.ConvertBill,
        ["commitment"] = PeriodCases.Commit,
        ["prorate"] = PeriodCases.ProRate,
        ["discount"] = PeriodCases.Reduce,
        ["rollover"] = PeriodCases.RollOver,
        ["fairUse"] = PeriodCases.UseFairly,
    };

    /// <summary>Whether cases of its kind can be run.</summary>
    public static bool CanRun(TariffCase tariffCase) => Kinds.ContainsKey(tariffCase.Kind);

    /// <summary>Runs a case.</summary>
    /// <exception cref="InputFaultException">The case is not written as a case of its kind is, or cannot be run.</exception>
    public static TariffCaseResult Run(TariffCase tariffCase)
    {
        if (!CanRun(tariffCase))
        {
            throw Fault(tariffCase, $"cases of kind '{tariffCase.Kind}' cannot be run");
        }

        try
        {
            return new TariffCaseResult(tariffCase, Kinds[tariffCase.Kind](tariffCase.Content));
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
