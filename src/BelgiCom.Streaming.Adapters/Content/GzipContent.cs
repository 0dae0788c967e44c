using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Expands gzip (RFC 1952) of one or several members and sees that it is whole: each member ends with its trailer, and behind the last one
/// there is nothing but padding of zeros. .NET's own stream takes an early end for the end, and passes over whatever follows a member.
/// </summary>
/// <remarks>
/// .NET's inflater reads ahead, so it cannot say where a member ends. The trailer holds the CRC-32 and length of what was expanded, which
/// are known by then, so it is found by its content among the octets that the inflater was given last.
/// </remarks>
/// <param name="file">The file, at the start of a member; must be able to seek. Stays open.</param>
internal sealed class GzipContent(Stream file) : ReadOnlyStream
{
    private const int TrailerOctets = 8;
    private const int FlagHeaderCrc = 2, FlagExtra = 4, FlagName = 8, FlagComment = 16, ReservedFlags = 0xE0;

    private readonly Fed _fed = new(file);
    private readonly Crc32 _crc = new();
    private DeflateStream? _member;
    private uint _length;
    private bool _isEnded;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The content is damaged or cut short here.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!_isEnded && !buffer.IsEmpty)
        {
            if (_member is null)
            {
                ReadHeader();
                _member = new DeflateStream(_fed, CompressionMode.Decompress, leaveOpen: true);
            }

            int read = _member.Read(buffer);
            if (read > 0)
            {
                _crc.Append(buffer[..read]);
                _length += (uint)read;
                return read;
            }

            _member.Dispose();
            _member = null;
            ReadTrailer();
            _isEnded = !IsAtMember();
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        _member?.Dispose();
        base.Dispose(disposing);
    }

    private void ReadHeader()
    {
        Span<byte> header = stackalloc byte[10];
        file.ReadExactly(header);
        int flags = header[3];
        if (header is not [0x1F, 0x8B, 8, ..] || (flags & ReservedFlags) != 0)
        {
            throw new InvalidDataException("A member of the gzip has no valid header.");
        }

        if ((flags & FlagExtra) != 0)
        {
            Skip(NextOctet() | (NextOctet() << 8));
        }

        for (int texts = ((flags & FlagName) != 0 ? 1 : 0) + ((flags & FlagComment) != 0 ? 1 : 0); texts > 0; texts--)
        {
            while (NextOctet() != 0)
            {
            }
        }

        Skip((flags & FlagHeaderCrc) != 0 ? 2 : 0);
        _length = 0;
        _crc.Reset();
    }

    /// <summary>Moves behind the trailer of the member that ended.</summary>
    private void ReadTrailer()
    {
        Span<byte> trailer = stackalloc byte[TrailerOctets];
        _crc.GetCurrentHash(trailer);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        file.Position -= _fed.LastLength;
        byte[] tail = new byte[_fed.LastLength + TrailerOctets];
        int length = file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false);
        int at = tail.AsSpan(0, length).IndexOf(trailer);
        if (at < 0)
        {
            throw new InvalidDataException("A member of the gzip has no trailer, or one that does not fit its content.");
        }

        file.Position += at + TrailerOctets - length;
    }

    /// <summary>True at another member, false at the end; zeros are padding.</summary>
    private bool IsAtMember()
    {
        int octet;
        do
        {
            octet = file.ReadByte();
        }
        while (octet == 0);
        if (octet < 0)
        {
            return false;
        }

        // What is no member fails at its header.
        file.Position--;
        return true;
    }

    private void Skip(int octets)
    {
        for (; octets > 0; octets--)
        {
            _ = NextOctet();
        }
    }

    private int NextOctet() => file.ReadByte() is >= 0 and int octet ? octet : throw new EndOfStreamException();

    /// <summary>What the inflater reads: the file, and how much of it was given last.</summary>
    private sealed class Fed(Stream file) : ReadOnlyStream
    {
        public int LastLength { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            int read = file.Read(buffer);
            LastLength = read > 0 ? read : LastLength;
            return read;
        }
    }
}
