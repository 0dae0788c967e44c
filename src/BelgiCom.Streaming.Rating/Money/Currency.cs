using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// An ISO 4217 code of three capital letters, and whether amounts in it are counted with VAT, in two octets. The default value is "not
/// known".
/// </summary>
public readonly record struct Currency
{
    private const int Length = 3;
    private const int Letters = 'Z' - 'A' + 1;

    // Set where amounts are with VAT; numbers of codes are smaller.
    private const int WithVat = 1 << 15;

    // The letters of all codes, one after another, so that writing one allocates nothing.
    private static readonly byte[] Codes =
    [
        .. Enumerable.Range(0, Letters * Letters * Letters)
            .SelectMany(number => new[] { number / (Letters * Letters), number / Letters % Letters, number % Letters })
            .Select(letter => (byte)('A' + letter)),
    ];

    // ISO 4217, list one: the currencies whose smallest unit is not a hundredth.
    private static readonly string[] WithoutDecimals = [
        "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"];

    private static readonly string[] WithThreeDecimals = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
    private static readonly string[] WithFourDecimals = ["CLF", "UYW"];

    // ISO 4217, list one: the currencies in use since 1 January 2026. Codes of metals, of tests and of no currency are no prices.
    private static readonly HashSet<string> Listed = [
        .. ("AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF "
        + "CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
        + "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT "
        + "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
        + "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS "
        + "VED VES VND VUV WST XAF XCD XCG XDR XOF XPF XSU XUA YER ZAR ZMW ZWG").Split(' ')];

    private readonly ushort _number;

    private Currency(int number) => _number = (ushort)number;

    /// <summary>True when no currency is known.</summary>
    public bool IsUnknown => _number == 0;

    /// <summary>Reads a code; any other text gives the unknown currency.</summary>
    public static Currency Of(ReadOnlySpan<byte> ascii)
    {
        int number = 0;
        foreach (byte letter in ascii)
        {
            if (letter is < (byte)'A' or > (byte)'Z' || ascii.Length != Length)
            {
                return default;
            }

            number = (number * Letters) + letter - 'A';
        }

        return ascii.IsEmpty ? default : new Currency(number + 1);
    }

    /// <summary>Whether ISO 4217 lists the code as that of a currency in use.</summary>
    public static bool IsListed(string code) => Listed.Contains(code);

    /// <summary>The code in ASCII; empty when no currency is known.</summary>
    public ReadOnlySpan<byte> Utf8 => IsUnknown ? [] : Codes.AsSpan(((_number & ~WithVat) - 1) * Length, Length);

    /// <summary>Whether amounts are counted without VAT or with it. The same code on another basis is another value: neither is added to
    /// the other.</summary>
    internal PriceBasis Basis => (_number & WithVat) == 0 ? PriceBasis.Net : PriceBasis.Gross;

    /// <summary>The same code on a basis.</summary>
    internal Currency On(PriceBasis basis) =>
        IsUnknown ? default : new Currency(basis == PriceBasis.Gross ? _number | WithVat : _number & ~WithVat);

    /// <summary>Decimals of a bill line in this currency, by ISO 4217: 2 for most, also for one that the list does not name.</summary>
    public int Decimals => WithoutDecimals.Contains(ToString()) ? 0
        : WithThreeDecimals.Contains(ToString()) ? 3
        : WithFourDecimals.Contains(ToString()) ? 4
        : 2;

    /// <inheritdoc/>
    public override string ToString() => Encoding.ASCII.GetString(Utf8);
}
