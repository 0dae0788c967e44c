using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// One line of a bill: everything one account used of one offering version, kind and month that one close took; a fee, discount or
/// commitment of it; or what prepaid money has paid of the usage. It is on one basis and has one rate of VAT.
/// </summary>
/// <param name="Account">Billing account (TMF666).</param>
/// <param name="Period">Billing month, Europe/Brussels, as year × 100 + month.</param>
/// <param name="LineKind">Usage, fee, discount, commitment, or usage that prepaid money paid.</param>
/// <param name="Offering">Product offering id (TMF620).</param>
/// <param name="Version">Its version; 0 on lines of releases that did not keep it.</param>
/// <param name="Item">Id of the fee, discount or commitment; "money" for what that paid; empty for usage.</param>
/// <param name="Kind">What was used; the first of the kinds for a fee, discount or commitment.</param>
/// <param name="Terms">Currency, basis and rate of VAT of the amounts.</param>
/// <param name="UsageEvents">Usage events in the line.</param>
/// <param name="ChargedUnits">Octets, seconds or messages charged, in 128 bits: no sum of events overflows.</param>
/// <param name="ExactNanos">The amount on the basis of the line, in 10⁻⁹ of the currency's unit, not rounded.</param>
/// <param name="RoundedNanos">The same rounded once to the decimals of the currency, half away from zero.</param>
/// <param name="Words">How the amount was computed, for a person; empty for usage.</param>
public sealed record BillLine(
    string Account,
    int Period,
    PeriodChargeKind LineKind,
    string Offering,
    int Version,
    string Item,
    UsageKind Kind,
    AmountTerms Terms,
    long UsageEvents,
    Int128 ChargedUnits,
    Int128 ExactNanos,
    Int128 RoundedNanos,
    string Words)
{
    /// <summary>The amount on the basis of the line, 9 decimals, not rounded.</summary>
    public decimal ExactAmount => Nanos.ToDecimal(ExactNanos);

    /// <summary>The amount, rounded once.</summary>
    public decimal Amount => Nanos.ToDecimal(RoundedNanos);
}

/// <summary>The outcome of closing a billing month.</summary>
/// <param name="Number">Number of the close, from 1; 0 when there was nothing to bill.</param>
/// <param name="Period">Month that was closed, as year × 100 + month.</param>
/// <param name="Lines">Bill lines made.</param>
/// <param name="UsageEvents">Usage events billed by them, late ones of earlier months included.</param>
public sealed record BillClose(long Number, int Period, long Lines, long UsageEvents);
