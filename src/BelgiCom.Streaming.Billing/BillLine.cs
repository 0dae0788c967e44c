using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>One line of a bill: everything one account used of one offering, kind and month that one close took.</summary>
/// <param name="Account">Billing account (TMF666).</param>
/// <param name="Offering">Product offering id (TMF620).</param>
/// <param name="Kind">What was used.</param>
/// <param name="Period">Billing month, Europe/Brussels, as year × 100 + month.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="UsageEvents">Usage events in the line.</param>
/// <param name="ChargedUnits">Octets, seconds or messages charged, in 128 bits: no sum of events overflows.</param>
/// <param name="ExactAmount">Sum of the events' amounts without VAT, 9 decimals, not rounded.</param>
/// <param name="Amount"><paramref name="ExactAmount"/> rounded once to 2 decimals, half away from zero.</param>
public sealed record BillLine(
    string Account,
    string Offering,
    UsageKind Kind,
    int Period,
    string Currency,
    long UsageEvents,
    Int128 ChargedUnits,
    decimal ExactAmount,
    decimal Amount);

/// <summary>The outcome of closing a billing month.</summary>
/// <param name="Number">Number of the close, from 1; 0 when there was nothing to bill.</param>
/// <param name="Period">Month that was closed, as year × 100 + month.</param>
/// <param name="Lines">Bill lines made.</param>
/// <param name="UsageEvents">Usage events billed by them, late ones of earlier months included.</param>
public sealed record BillClose(long Number, int Period, long Lines, long UsageEvents);
