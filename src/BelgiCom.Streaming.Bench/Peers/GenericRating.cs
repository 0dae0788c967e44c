using Avro;
using Avro.Generic;
using Avro.IO;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// The usual .NET worker's work on a record: Apache.Avro's generic record in, a price, a generic record out. It looks up no subscriber and
/// keeps no balance, so it does less than rating does.
/// </summary>
internal sealed class GenericRating
{
    private static readonly AvroDecimal PricePerOctet = new(0.000000005m);

    private readonly int _schemaId;
    private readonly RecordSchema _rated = (RecordSchema)Schema.Parse(UsageRated.SchemaJson);
    private readonly GenericDatumReader<GenericRecord> _reader;
    private readonly GenericDatumWriter<GenericRecord> _writer;
    private readonly (int Target, int Source)[] _copied;
    private readonly (int Target, object? Value)[] _constant;
    private readonly int _amount;
    private readonly int _octets;

    public GenericRating(int schemaId)
    {
        _schemaId = schemaId;
        RecordSchema received = (RecordSchema)Schema.Parse(UsageReceived.SchemaJson);
        _reader = new GenericDatumReader<GenericRecord>(received, received);
        _writer = new GenericDatumWriter<GenericRecord>(_rated);
        _copied = [.. _rated.Fields.Where(field => received.Contains(field.Name)).Select(field => (field.Pos, received[field.Name].Pos))];
        _constant = [.. _rated.Fields.Where(field => !received.Contains(field.Name)).Select(field => (field.Pos, Constant(field.Schema)))];
        _amount = _rated["amount"].Pos;
        _octets = received["totalOctets"].Pos;
    }

    /// <summary>The value of a rated record for the value of a received one.</summary>
    public byte[] Rate(byte[] value)
    {
        GenericRecord received = _reader.Read(
            null!, new BinaryDecoder(new MemoryStream(value, WireFormat.HeaderSize, value.Length - WireFormat.HeaderSize)));
        GenericRecord rated = new(_rated);
        foreach ((int target, int source) in _copied)
        {
            rated.Add(target, received.GetValue(source));
        }

        foreach ((int target, object? constant) in _constant)
        {
            rated.Add(target, constant);
        }

        rated.Add(_amount, new AvroDecimal((long)received.GetValue(_octets) * (decimal)PricePerOctet + 0.000000000m));
        MemoryStream output = new();
        output.SetLength(WireFormat.HeaderSize);
        WireFormat.WriteHeader(output.GetBuffer(), _schemaId);
        output.Position = WireFormat.HeaderSize;
        _writer.Write(rated, new BinaryEncoder(output));
        return output.ToArray();
    }

    private static object? Constant(Schema schema) => schema switch
    {
        LogicalSchema { LogicalTypeName: "decimal" } => new AvroDecimal(0.000000000m),
        LogicalSchema { LogicalTypeName: "date" } => DateTime.UnixEpoch,
        LogicalSchema => DateTime.UnixEpoch,
        EnumSchema symbols => new GenericEnum(symbols, symbols[0]),
        ArraySchema => Array.Empty<object>(),
        { Tag: Schema.Type.String } => "mobile-go",
        { Tag: Schema.Type.Int } => 1,
        { Tag: Schema.Type.Long } => 1L,
        { Tag: Schema.Type.Bytes } => Array.Empty<byte>(),
        _ => null,
    };
}
