namespace BelgiCom.Streaming.Billing;

/// <summary>A line of the ledger: its key, where its usage came from, and the bill that has it.</summary>
/// <param name="Topic">Topic of the rated record; another name for one that was made anew since.</param>
/// <param name="Partition">Partition of the rated record.</param>
/// <param name="Offset">Offset of the rated record.</param>
/// <param name="Received">Partition and offset of the usage on usage.received.v1.</param>
/// <param name="BillClose">The close whose bill has the line; null while none has.</param>
public sealed record LedgerPlace(string Topic, int Partition, long Offset, (int Partition, long Offset) Received, long? BillClose);
