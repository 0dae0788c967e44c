using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// One line of a bill: everything one account used of one offering, kind and month that one close took, on one basis and with one rate of
/// VAT.
/// </summary>
/// <param name="Account">Billing account (TMF666).</param>
/// <param name="Offering">Product offering id (TMF620).</param>
/// <param name="Kind">What was used.</param>
/// <param name="Period">Billing month, Europe/Brussels, as year × 100 + month.</param>
/// <param name="Terms">Currency, basis and rate of VAT of the amounts.</param>
/// <param name="UsageEvents">Usage events in the line.</param>
/// <param name="ChargedUnits">Octets, seconds or messages charged, in 128 bits: no sum of events overflows.</param>
/// <param name="ExactNanos">Sum of the events' amounts on the basis of the line, in 10⁻⁹ of the currency's unit, not rounded.</param>
/// <param name="Amount">The same rounded once to 2 decimals, half away from zero.</param>
public sealed record BillLine(
    string Account,
    string Offering,
    UsageKind Kind,
    int Period,
    AmountTerms Terms,
    long UsageEvents,
    Int128 ChargedUnits,
    Int128 ExactNanos,
    decimal Amount)
{
    /// <summary>The sum of the events' amounts on the basis of the line, 9 decimals, not rounded.</summary>
    public decimal ExactAmount => Nanos.ToDecimal(ExactNanos);
}

/// <summary>The outcome of closing a billing month.</summary>
/// <param name="Number">Number of the close, from 1; 0 when there was nothing to bill.</param>
/// <param name="Period">Month that was closed, as year × 100 + month.</param>
/// <param name="Lines">Bill lines made.</param>
/// <param name="UsageEvents">Usage events billed by them, late ones of earlier months included.</param>
public sealed record BillClose(long Number, int Period, long Lines, long UsageEvents);
