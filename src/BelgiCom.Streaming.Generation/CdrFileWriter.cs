using System.Buffers.Binary;

namespace BelgiCom.Streaming.Generation;

/// <summary>Writes records with the framing of TS 32.297 (release 17 headers), or without frames in blocks that end with filler.</summary>
internal sealed class CdrFileWriter
{
    /// <summary>Octets of a block of an unframed file.</summary>
    public const int BlockSize = 2048;

    // 50 fixed octets, without a routeing filter or private extension, and two release extensions.
    private const int HeaderLength = 54;
    private const byte Release17 = (7 << 5) | 9;

    private readonly Stream _output;
    private readonly int _tsNumber;
    private readonly bool _isFramed;
    private readonly long _sequenceNumber;
    private uint _count;
    private long _length;

    private CdrFileWriter(Stream output, bool isFramed, int tsNumber, long sequenceNumber)
    {
        _output = output;
        _isFramed = isFramed;
        _tsNumber = tsNumber;
        _sequenceNumber = sequenceNumber;
    }

    /// <summary>Begins a framed file. The output must be able to seek, because the header holds the file's final length.</summary>
    public static CdrFileWriter Framed(Stream output, int tsNumber, long sequenceNumber)
    {
        CdrFileWriter writer = new(output, true, tsNumber, sequenceNumber) { _length = HeaderLength };
        output.Write(new byte[HeaderLength]);
        return writer;
    }

    /// <summary>Begins a file without frames.</summary>
    public static CdrFileWriter Unframed(Stream output) => new(output, false, 0, 0);

    public void Write(ReadOnlySpan<byte> record)
    {
        if (_isFramed)
        {
            Span<byte> header = [(byte)(record.Length >> 8), (byte)record.Length, Release17, (byte)((1 << 5) | _tsNumber), 7];
            _output.Write(header);
            _length += header.Length;
        }
        else if ((_length % BlockSize) + record.Length > BlockSize)
        {
            Fill();
        }

        _output.Write(record);
        _length += record.Length;
        _count++;
    }

    /// <summary>Ends the file: completes the header of a framed file, or the last block of an unframed one.</summary>
    public void Finish()
    {
        if (!_isFramed)
        {
            Fill();
            return;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(header, checked((uint)_length));
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], HeaderLength);
        header[8] = header[9] = Release17;
        BinaryPrimitives.WriteUInt32BigEndian(header[18..], _count);
        BinaryPrimitives.WriteUInt32BigEndian(header[22..], checked((uint)_sequenceNumber));
        header[27..31].Fill(0xFF);
        header[41] = header[42] = 0xFF;
        // Each kind of record has a node of its own, in the form of an IPv4-mapped address.
        ((ReadOnlySpan<byte>)[192, 0, 2, (byte)(20 + _tsNumber)]).CopyTo(header[43..]);
        header[52] = header[53] = 7;
        _output.Position -= _length;
        _output.Write(header);
        _output.Position += _length - HeaderLength;
    }

    private void Fill()
    {
        int filler = (int)((BlockSize - (_length % BlockSize)) % BlockSize);
        Span<byte> octets = stackalloc byte[filler];
        octets.Fill(0xFF);
        _output.Write(octets);
        _length += filler;
    }
}
