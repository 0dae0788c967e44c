using System.Diagnostics.CodeAnalysis;

namespace BelgiCom.Streaming.Avro;

/// <summary>A record that code was generated for: a class, or a view over the record's octets.</summary>
/// <typeparam name="TSelf">The class or view itself.</typeparam>
public interface IAvroRecord<TSelf>
    where TSelf : IAvroRecord<TSelf>, allows ref struct
{
    /// <summary>The schema that it reads and writes, as JSON.</summary>
    static abstract string Schema { get; }

    /// <summary>Octets that writing takes at most.</summary>
    int MaxSize { get; }

    /// <summary>Decodes a body that was written with this schema. Never throws; false when it is not readable.</summary>
    /// <param name="body">Avro body.</param>
    /// <param name="record">The record; a view lives as long as the body.</param>
    static abstract bool TryRead(ReadOnlySpan<byte> body, [MaybeNullWhen(false)] out TSelf record);

    /// <summary>Encodes the record, in at most <see cref="MaxSize"/> octets.</summary>
    /// <param name="writer">Has room for them.</param>
    /// <exception cref="OverflowException">An amount does not fit in its decimal.</exception>
    void WriteTo(ref AvroWriter writer);
}
