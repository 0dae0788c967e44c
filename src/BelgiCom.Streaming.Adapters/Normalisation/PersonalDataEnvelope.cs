using System.Text;
using System.Text.Encodings.Web;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Writes the personal identifiers of a record as JSON and encrypts them with the key of the day, without allocating.</summary>
internal sealed class PersonalDataEnvelope
{
    private byte[] _clear = new byte[1024];
    private byte[] _envelope = new byte[1024 + EnvelopeCipher.Overhead];
    private int _length;

    /// <summary>The envelope; valid until the next call. Empty when the record has no personal data.</summary>
    public ReadOnlySpan<byte> Seal(UsageCdr cdr, in UsagePart part, DataKey key)
    {
        _length = 0;
        AppendText("msisdn"u8, cdr.Msisdn.Span);
        AppendText("imsi"u8, cdr.Imsi.Span);
        AppendText("imei"u8, cdr.Imei.Span);
        AppendText("servedAddress"u8, cdr.ServedAddress.Span);
        if (cdr.Format.IsLocationText)
        {
            AppendText("location"u8, cdr.LocationOf(part));
        }
        else
        {
            AppendHex("location"u8, cdr.LocationOf(part));
        }

        AppendText("otherParty"u8, cdr.OtherParty.Span);
        if (_length == 0)
        {
            return default;
        }

        Reserve(1)[0] = (byte)'}';
        _length++;
        if (_envelope.Length < _length + EnvelopeCipher.Overhead)
        {
            _envelope = new byte[_clear.Length + EnvelopeCipher.Overhead];
        }

        int size = EnvelopeCipher.Encrypt(key, _clear.AsSpan(0, _length), EnvelopeContext.UsagePersonalData, _envelope);
        return _envelope.AsSpan(0, size);
    }

    private void AppendText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return;
        }

        if (JavaScriptEncoder.Default.FindFirstCharacterToEncodeUtf8(text) >= 0)
        {
            text = Encoding.UTF8.GetBytes(JavaScriptEncoder.Default.Encode(Encoding.UTF8.GetString(text)));
        }

        AppendName(name);
        Span<byte> destination = Reserve(text.Length + 1);
        text.CopyTo(destination);
        destination[text.Length] = (byte)'"';
        _length += text.Length + 1;
    }

    private void AppendHex(ReadOnlySpan<byte> name, ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            return;
        }

        AppendName(name);
        Span<byte> destination = Reserve((octets.Length * 2) + 1);
        _ = Convert.TryToHexStringLower(octets, destination, out int written);
        destination[written] = (byte)'"';
        _length += written + 1;
    }

    private void AppendName(ReadOnlySpan<byte> name)
    {
        Span<byte> destination = Reserve(name.Length + 5);
        destination[0] = (byte)(_length == 0 ? '{' : ',');
        destination[1] = (byte)'"';
        name.CopyTo(destination[2..]);
        "\":\""u8.CopyTo(destination[(name.Length + 2)..]);
        _length += name.Length + 5;
    }

    private Span<byte> Reserve(int size)
    {
        if (_length + size > _clear.Length)
        {
            Array.Resize(ref _clear, Math.Max(_clear.Length * 2, _length + size));
        }

        return _clear.AsSpan(_length);
    }
}
