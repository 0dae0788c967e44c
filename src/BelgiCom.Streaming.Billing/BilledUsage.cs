namespace BelgiCom.Streaming.Billing;

/// <summary>What the ledger says of one usage event that is billed.</summary>
/// <param name="Account">Billing account.</param>
/// <param name="Offering">Id of the offering.</param>
/// <param name="Version">Version of the offering.</param>
/// <param name="Kind">Kind of the usage, in upper case.</param>
/// <param name="EventTime">When the usage began, UTC, as text.</param>
/// <param name="ChargedUnits">Units charged, bundles included.</param>
/// <param name="BundleUnits">Units that bundles covered.</param>
/// <param name="Amount">Amount with nine decimals.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="PriceBasis">Whether the amount is with VAT: NET or GROSS.</param>
/// <param name="Source">Configured source.</param>
/// <param name="File">Name of the file.</param>
/// <param name="RecordIndex">Index of the record in its file, from 0.</param>
/// <param name="Received">Partition and offset on usage.received.v1.</param>
public sealed record BilledUsage(
    string Account, string Offering, long Version, string Kind, string EventTime, long ChargedUnits, long BundleUnits, decimal Amount,
    string Currency, string PriceBasis, string Source, string File, long RecordIndex, (int Partition, long Offset) Received);
