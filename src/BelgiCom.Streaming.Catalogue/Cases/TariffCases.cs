namespace BelgiCom.Streaming.Catalogue;

/// <summary>Runs cases of tariffs with the code that rates in production.</summary>
public static class TariffCases
{
    private const string Rate = "rate";

    /// <summary>Whether cases of its kind can be run.</summary>
    public static bool CanRun(TariffCase tariffCase) => tariffCase.Kind == Rate;

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
            return new TariffCaseResult(tariffCase, RateCase.Run(tariffCase.Content));
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
