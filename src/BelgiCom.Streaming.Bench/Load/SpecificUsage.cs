using Avro;
using Avro.Specific;

// Apache.Avro's specific reader finds these types by the schema's namespace and names.
namespace BelgiCom.Streaming.Bench.Specific;

/// <summary>The class that Apache.Avro's code generator would make of the schema, as far as its reader needs it.</summary>
internal sealed class UsageReceived : ISpecificRecord
{
    /// <summary>The schema, moved into this namespace.</summary>
    public static readonly RecordSchema ClassSchema = (RecordSchema)Schema.Parse(
        Contracts.UsageReceived.SchemaJson.Replace("be.belgicom.streaming", typeof(UsageReceived).Namespace, StringComparison.Ordinal));

    /// <summary>Place of the field totalOctets.</summary>
    public static readonly int TotalOctetsPosition = ClassSchema["totalOctets"].Pos;

    private readonly object?[] _fields = new object?[ClassSchema.Count];

    /// <inheritdoc/>
    public Schema Schema => ClassSchema;

    /// <summary>
    /// Octets in both directions. A generated class has a field for each value; boxing all of them instead costs the reader nothing,
    /// because it boxes them anyway.
    /// </summary>
    public long TotalOctets { get; private set; }

    /// <inheritdoc/>
    public object? Get(int fieldPos) => _fields[fieldPos];

    /// <inheritdoc/>
    public void Put(int fieldPos, object? fieldValue)
    {
        _fields[fieldPos] = fieldValue;
        if (fieldPos == TotalOctetsPosition)
        {
            TotalOctets = (long)fieldValue!;
        }
    }
}

/// <summary>Of the schema.</summary>
internal sealed class UsageId() : SpecificFixed(16)
{
    /// <inheritdoc/>
    public override Schema Schema => UsageReceived.ClassSchema["usageId"].Schema;
}

/// <summary>Of the schema.</summary>
internal sealed class SubscriberRef() : SpecificFixed(16)
{
    /// <inheritdoc/>
    public override Schema Schema => UsageReceived.ClassSchema["subscriberRef"].Schema;
}

/// <summary>Of the schema.</summary>
internal sealed class FileId() : SpecificFixed(16)
{
    /// <inheritdoc/>
    public override Schema Schema => UsageReceived.ClassSchema["fileId"].Schema;
}

/// <summary>Of the schema.</summary>
internal enum UsageKind
{
    UNKNOWN,
    DATA,
    VOICE,
    SMS,
}

/// <summary>Of the schema.</summary>
internal enum Direction
{
    NOT_APPLICABLE,
    ORIGINATING,
    TERMINATING,
}

/// <summary>Of the schema.</summary>
internal enum ChargingView
{
    PRIMARY,
    SECONDARY,
}
