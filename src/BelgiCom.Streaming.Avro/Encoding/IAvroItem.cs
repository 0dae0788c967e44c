namespace BelgiCom.Streaming.Avro;

/// <summary>A view of a record inside others, for example of an item of an array.</summary>
/// <typeparam name="TSelf">The view itself.</typeparam>
public interface IAvroItem<TSelf>
    where TSelf : IAvroItem<TSelf>, allows ref struct
{
    /// <summary>Octets that writing takes at most.</summary>
    int MaxSize { get; }

    /// <summary>Decodes an item; after a fault of the reader its values are zeros.</summary>
    /// <param name="reader">Stands at the item's first octet.</param>
    static abstract TSelf ReadFrom(scoped ref AvroReader reader);

    /// <summary>Encodes the item, in at most <see cref="MaxSize"/> octets.</summary>
    /// <param name="writer">Has room for them.</param>
    /// <exception cref="OverflowException">An amount does not fit in its decimal.</exception>
    void WriteTo(ref AvroWriter writer);
}
