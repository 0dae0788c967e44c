namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Steps through the items of an array that a view gives as octets, without allocating; <c>foreach</c> takes it. A fault ends it early, but
/// the octets of a view that was read have none.
/// </summary>
/// <typeparam name="T">View of an item.</typeparam>
public ref struct AvroItems<T>
    where T : IAvroItem<T>, allows ref struct
{
    private AvroReader _reader;
    private int _left;

    /// <summary>Stands before the first item.</summary>
    /// <param name="octets">The array, from its first count to the 0 that ends it; empty for no items.</param>
    public AvroItems(ReadOnlySpan<byte> octets)
    {
        _reader = new AvroReader(octets);
        Current = default!;
    }

    /// <summary>The item that <see cref="MoveNext"/> went to.</summary>
    public T Current { get; private set; }

    /// <summary>Goes to the next item; false when there is none.</summary>
    public bool MoveNext()
    {
        if (_left == 0 && _reader.Remaining > 0)
        {
            _left = _reader.ReadBlockCount(minimumItemSize: 1);
        }

        if (_left == 0)
        {
            return false;
        }

        _left--;
        Current = T.ReadFrom(ref _reader);
        return _reader.Fault == AvroFault.None;
    }

    /// <summary>Itself, as <c>foreach</c> asks for it.</summary>
    public readonly AvroItems<T> GetEnumerator() => this;
}
