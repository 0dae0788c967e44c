namespace BelgiCom.Streaming.Contracts;

/// <summary>The duplicate key of each kind of source, as an id. The same part of the same source record always gives the same id.</summary>
public static class UsageIdentity
{
    private const int Scratch = 256;

    /// <summary>A part of an SGW or PGW record (TS 32.298 5.1.2.2). Numbers that the record does not have are -1.</summary>
    /// <param name="recordType">recordType: 84 SGW, 85 PGW; keeps the two views of one session apart.</param>
    /// <param name="nodeId">nodeID, UTF-8; empty when absent.</param>
    /// <param name="gatewayAddress">Address of the gateway as it is encoded in the record.</param>
    /// <param name="chargingId">chargingID, unique in the gateway.</param>
    /// <param name="recordSequenceNumber">recordSequenceNumber, running in the session's partial records.</param>
    /// <param name="localSequenceNumber">localSequenceNumber, running in the node.</param>
    /// <param name="containerIndex">Index of the chargeable part in the record, from 0.</param>
    public static UsageId OfGatewayRecord(
        int recordType,
        ReadOnlySpan<byte> nodeId,
        ReadOnlySpan<byte> gatewayAddress,
        long chargingId,
        long recordSequenceNumber,
        long localSequenceNumber,
        int containerIndex)
    {
        UsageIdBuilder key = new(stackalloc byte[Scratch]);
        key.Append("gateway"u8);
        key.Append(recordType);
        key.Append(nodeId);
        key.Append(gatewayAddress);
        key.Append(chargingId);
        key.Append(recordSequenceNumber);
        key.Append(localSequenceNumber);
        key.Append(containerIndex);
        return key.Finish();
    }

    /// <summary>A part of a CHF record (TS 32.298 5.1.5, recordType 200).</summary>
    /// <param name="chargingFunction">recordingNetworkFunctionID: which CHF wrote it, UTF-8.</param>
    /// <param name="session">chargingSessionIdentifier, UTF-8.</param>
    /// <param name="localRecordSequenceNumber">localRecordSequenceNumber; -1 when absent.</param>
    /// <param name="containerIndex">Index of the chargeable part in the record, from 0.</param>
    public static UsageId OfChfRecord(
        ReadOnlySpan<byte> chargingFunction, ReadOnlySpan<byte> session, long localRecordSequenceNumber, int containerIndex)
    {
        UsageIdBuilder key = new(stackalloc byte[Scratch]);
        key.Append("chf"u8);
        key.Append(chargingFunction);
        key.Append(session);
        key.Append(localRecordSequenceNumber);
        key.Append(containerIndex);
        return key.Finish();
    }

    /// <summary>A part of an Nchf_ConvergedCharging request (TS 32.291).</summary>
    /// <param name="chargingDataRef">ChargingDataRef of the session, UTF-8.</param>
    /// <param name="invocationSequenceNumber">invocationSequenceNumber of the request.</param>
    /// <param name="ratingGroup">ratingGroup of the multiple unit usage.</param>
    /// <param name="containerIndex">Index of the used unit container in it, from 0.</param>
    public static UsageId OfNchfRequest(
        ReadOnlySpan<byte> chargingDataRef, long invocationSequenceNumber, long ratingGroup, int containerIndex)
    {
        UsageIdBuilder key = new(stackalloc byte[Scratch]);
        key.Append("nchf"u8);
        key.Append(chargingDataRef);
        key.Append(invocationSequenceNumber);
        key.Append(ratingGroup);
        key.Append(containerIndex);
        return key.Finish();
    }

    /// <summary>A row of a CSV file.</summary>
    /// <param name="source">Configured name of the source: rows of two sources are never the same.</param>
    /// <param name="keyColumns">Values of the configured key columns, in the configured order.</param>
    public static UsageId OfCsvRow(ReadOnlySpan<char> source, ReadOnlySpan<string> keyColumns)
    {
        UsageIdBuilder key = new(stackalloc byte[Scratch]);
        key.Append("csv"u8);
        key.Append(source);
        foreach (string column in keyColumns)
        {
            key.Append(column.AsSpan());
        }

        return key.Finish();
    }
}
