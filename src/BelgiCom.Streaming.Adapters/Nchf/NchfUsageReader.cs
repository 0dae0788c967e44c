using System.Buffers;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Cuts a stream into JSON objects at the outermost level, whatever stands between them (line ends, commas, the brackets of an array),
/// and reads each as one charging data request. An element that is no object costs itself; an object that is not closed costs the line it
/// begins on. The file has ended when its last object and every array are closed; else it was cut short.
/// </summary>
internal sealed class NchfUsageReader(Stream stream) : UsageFileReader
{
    // A byte order mark stands between objects where files were concatenated.
    private static readonly SearchValues<byte> Separators = SearchValues.Create([.. " \t\r\n,[]"u8, .. ByteOrderMark.Utf8]);

    private static readonly SearchValues<byte> EndsOfElement = SearchValues.Create(",]{\r\n"u8);

    private static readonly DecodingFault Cut = new(
        QuarantineReason.Truncated, "The last request, or the array of requests, is not closed. When the whole file comes, it is read.");

    private readonly StreamWindow _window = new(stream);
    private int _octetsLength;
    private LookAhead _lookAhead;
    private int _openArrays;
    private bool _isObjectOpen;
    private bool _isEnded;

    public override ReadOnlySpan<byte> Octets => _window.Peek(0)[.._octetsLength];

    protected override bool ReadNext()
    {
        _window.Advance(_octetsLength);
        _octetsLength = 0;
        ReadOnlySpan<byte> octets = SkipSeparators();
        if (octets.IsEmpty)
        {
            return ReadEnd();
        }

        if (octets[0] != '{')
        {
            return FailElement(new(QuarantineReason.BadEncoding, "No JSON object begins here."));
        }

        int length = Measure();
        if (length < 0)
        {
            _isObjectOpen = true;
            DecodingFault open = new(
                QuarantineReason.BadLength, $"A JSON object is not closed within {RecordLimits.MaxOctets} octets or the file.");
            int looked = Math.Min(_window.Peek(RecordLimits.MaxOctets).Length, RecordLimits.MaxOctets);
            return _lookAhead.MayGoOnAfter(_window.Offset, looked) ? FailLine(open) : FailStretch(open, looked);
        }

        _octetsLength = length;
        DecodingFault? fault = Decode(_window.Peek(length)[..length]);
        // What is read behind an object that is not closed may be a part of it; a good request is none.
        _isObjectOpen &= fault is not null;
        return Found(fault, _window.Offset, length);
    }

    protected override void Dispose(bool disposing) => _window.Dispose();

    private DecodingFault? Decode(ReadOnlySpan<byte> request)
    {
        try
        {
            return ChargingDataRequest.Instance.Decode(request, Cdr);
        }
        catch (JsonException invalid)
        {
            // The exception's message may repeat content of the request; its position does not.
            return invalid.BytePositionInLine is { } position && request.Length > 0
                ? new(
                    QuarantineReason.BadEncoding,
                    $"Not JSON, or nested deeper than {RecordLimits.MaxDepth} levels, at line {invalid.LineNumber}, octet "
                    + $"{position} of the request.")
                : new(QuarantineReason.BadEncoding, "Not JSON.");
        }
        catch (InvalidOperationException)
        {
            return new(QuarantineReason.BadEncoding, "A text of the request is not UTF-8.");
        }
    }

    private ReadOnlySpan<byte> SkipSeparators()
    {
        while (true)
        {
            ReadOnlySpan<byte> octets = _window.Peek(4096);
            int start = octets.IndexOfAnyExcept(Separators);
            ReadOnlySpan<byte> separators = start < 0 ? octets : octets[..start];
            foreach (byte separator in separators)
            {
                _openArrays = separator switch
                {
                    (byte)'[' => _openArrays + 1,
                    (byte)']' => Math.Max(0, _openArrays - 1),
                    _ => _openArrays,
                };
            }

            if (octets.IsEmpty)
            {
                return octets;
            }

            _window.Advance(separators.Length);
            if (start >= 0)
            {
                return _window.Peek(1);
            }
        }
    }

    /// <summary>
    /// Octets up to the brace that closes the object; -1 when no such brace is within the limit. The view grows step by step, so that small
    /// requests stay cheap.
    /// </summary>
    private int Measure()
    {
        int depth = 0;
        bool inText = false;
        int position = 0;
        for (int wanted = 16 * 1024; ; wanted *= 4)
        {
            ReadOnlySpan<byte> octets = _window.Peek(Math.Min(wanted, RecordLimits.MaxOctets));
            for (; position < Math.Min(octets.Length, RecordLimits.MaxOctets); position++)
            {
                byte octet = octets[position];
                if (inText)
                {
                    if (octet == '\\')
                    {
                        position++;
                    }
                    else if (octet == '"')
                    {
                        inText = false;
                    }
                }
                else if (octet == '"')
                {
                    inText = true;
                }
                else if (octet == '{')
                {
                    depth++;
                }
                else if (octet == '}' && --depth == 0)
                {
                    return position + 1;
                }
            }

            if (octets.Length < wanted)
            {
                return -1;
            }
        }
    }

    /// <summary>
    /// Steps over one element that is no object, a text or a word such as <c>null</c>: up to the comma, bracket or object behind it.
    /// </summary>
    private bool FailElement(DecodingFault fault)
    {
        ReadOnlySpan<byte> octets = _window.Peek(RecordLimits.MaxQuarantinedOctets);
        int end = octets[0] == '"' ? EndOfText(octets) : octets.IndexOfAny(EndsOfElement);
        if (end < 0 || (RecordCount == 0 && !octets.Contains((byte)'{')))
        {
            return FailLine(fault);
        }

        _octetsLength = Math.Max(1, end);
        return Found(fault, _window.Offset, _octetsLength);
    }

    /// <summary>Octets of the text that <paramref name="octets"/> begins with, its quotes included; -1 when it is not closed.</summary>
    internal static int EndOfText(ReadOnlySpan<byte> octets)
    {
        for (int i = 1; i < octets.Length && octets[i] != '\n'; i++)
        {
            if (octets[i] == '\\')
            {
                i++;
            }
            else if (octets[i] == '"')
            {
                return i + 1;
            }
        }

        return -1;
    }

    private bool FailLine(DecodingFault fault)
    {
        ReadOnlySpan<byte> octets = _window.Peek(RecordLimits.MaxQuarantinedOctets);
        int end = octets.IndexOf((byte)'\n');
        _octetsLength = Math.Min(end >= 0 ? end + 1 : octets.Length, RecordLimits.MaxQuarantinedOctets);
        if (_octetsLength == octets.Length)
        {
            bool isCut = _isObjectOpen && RecordCount > 0;
            fault = RecordCount == 0 ? fault with { Reason = QuarantineReason.NotACdrFile } : isCut ? _window.Fault ?? Cut : fault;
            _isEnded = isCut;
        }

        return Found(fault, _window.Offset, _octetsLength);
    }

    private bool FailStretch(DecodingFault fault, int length)
    {
        _octetsLength = Math.Min(length, RecordLimits.MaxQuarantinedOctets);
        return Found(fault, _window.Offset, _octetsLength);
    }

    private bool ReadEnd()
    {
        if (_isEnded)
        {
            return false;
        }

        _isEnded = true;
        if (_window.Fault is { } damaged)
        {
            return FoundInFile(damaged, _window.Offset, 0);
        }

        if (RecordCount == 0)
        {
            return FoundInFile(new(QuarantineReason.NotACdrFile, "The file holds no charging data request."), 0, _window.Offset);
        }

        return (_isObjectOpen || _openArrays > 0) && FoundInFile(Cut, _window.Offset, 0);
    }
}
