namespace BelgiCom.Streaming.Avro;

/// <summary>Writes the octets of an array for a view, item by item in one block, without allocating.</summary>
/// <typeparam name="T">View of an item.</typeparam>
public ref struct AvroItemsWriter<T>
    where T : IAvroItem<T>, allows ref struct
{
    private AvroWriter _writer;

    /// <summary>Begins the array.</summary>
    /// <param name="destination">Where it goes: <see cref="AvroLimits.MaxArrayFrame"/> octets and the greatest size of each item.</param>
    /// <param name="items">How many items follow; 1 or more, because a view says none with no octets.</param>
    public AvroItemsWriter(Span<byte> destination, int items)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(items);
        _writer = new AvroWriter(destination);
        _writer.WriteInt(items);
    }

    /// <summary>Adds the next item.</summary>
    public void Add(scoped in T item) => item.WriteTo(ref _writer);

    /// <summary>Ends the array.</summary>
    /// <returns>How many octets of the destination it has.</returns>
    public int Finish()
    {
        _writer.WriteInt(0);
        return _writer.Written;
    }
}
