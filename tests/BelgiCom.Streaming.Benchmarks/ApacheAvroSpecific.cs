using Avro;
using Avro.Specific;

// Apache.Avro finds the types of a schema by their full names, so that these have the schema's namespace.
namespace be.belgicom.streaming;

/// <summary>UsageReceived as Apache.Avro's specific reader wants it. The fields stay in an array: what is measured is the reader.</summary>
public sealed class UsageReceived : ISpecificRecord
{
    private static readonly Schema AvroSchema = Schema.Parse(BelgiCom.Streaming.Contracts.UsageReceived.SchemaJson);
    private readonly object?[] _fields = new object?[((RecordSchema)AvroSchema).Fields.Count];

    public Schema Schema => AvroSchema;

    public object? Get(int fieldPos) => _fields[fieldPos];

    public void Put(int fieldPos, object fieldValue) => _fields[fieldPos] = fieldValue;
}

public abstract class Octets16(string name) : SpecificFixed(16)
{
    public override Schema Schema { get; } = Schema.Parse(
        $$"""{"type":"fixed","name":"{{name}}","namespace":"be.belgicom.streaming","size":16}""");
}

public sealed class UsageId() : Octets16(nameof(UsageId));

public sealed class SubscriberRef() : Octets16(nameof(SubscriberRef));

public sealed class FileId() : Octets16(nameof(FileId));

public enum UsageKind
{
    UNKNOWN,
    DATA,
    VOICE,
    SMS,
}

public enum Direction
{
    NOT_APPLICABLE,
    ORIGINATING,
    TERMINATING,
}

public enum ChargingView
{
    PRIMARY,
    SECONDARY,
}
