namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Account names that are too long for an <see cref="AccountName"/>, as length-prefixed octets in large blocks, because the garbage
/// collector would walk string objects in every collection. A new name that is not longer takes the place of the old one; a longer one
/// takes new room, and the old room is lost until the partition is assigned anew.
/// </summary>
internal sealed class AccountNames
{
    public const int None = -1;
    private const int MaxLength = 254;
    private const int BlockShift = 16;
    private const int BlockLength = 1 << BlockShift;

    private readonly List<byte[]> _blocks = [];
    private int _used = BlockLength;

    public long AllocatedOctets => (long)_blocks.Count * BlockLength;

    public ReadOnlySpan<byte> Get(int offset)
    {
        byte[] block = _blocks[offset >> BlockShift];
        int start = offset & (BlockLength - 1);
        return block.AsSpan(start + 1, block[start]);
    }

    /// <summary>Stores a name, in the place of the replaced one when it fits there.</summary>
    public int Put(int replaced, ReadOnlySpan<byte> name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaxLength, "account");
        int offset = replaced != None && Get(replaced).Length >= name.Length ? replaced : Reserve(name.Length + 1);
        byte[] block = _blocks[offset >> BlockShift];
        int start = offset & (BlockLength - 1);
        block[start] = (byte)name.Length;
        name.CopyTo(block.AsSpan(start + 1));
        return offset;
    }

    private int Reserve(int octets)
    {
        if (_used + octets > BlockLength)
        {
            _blocks.Add(new byte[BlockLength]);
            _used = 0;
        }

        int offset = ((_blocks.Count - 1) << BlockShift) | _used;
        _used += octets;
        return offset;
    }
}
