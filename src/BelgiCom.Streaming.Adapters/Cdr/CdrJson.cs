using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Shows TS 32.298 records in full as JSON with the names of the specification: octet strings as <c>{"hex": …}</c>, bit strings as
/// <c>{"bits": …}</c>, choices as <c>{"alternative": value}</c>, fields not in the dictionary as <c>"[tag]"</c>. Personal data is masked:
/// each letter and digit of a number, an address or a place, and of octets that may hold one, is shown as a star.
/// </summary>
/// <param name="isClear">True shows personal data as it is, for people with the right to see it.</param>
public sealed class CdrJson(bool isClear)
{
    private const string Where = "the record";

    // A record may repeat a field, and the output shows each repetition, which a validating writer would refuse. The output is no HTML.
    private static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Writes the record as one JSON object. A record that is not BER gives a fault and a part of an object; one of a kind
    /// that is not decoded here gives a fault and nothing.
    /// </summary>
    /// <param name="record">Octets of the record; filler may follow.</param>
    /// <param name="output">Receives UTF-8.</param>
    public DecodingFault? Write(ReadOnlySpan<byte> record, IBufferWriter<byte> output)
    {
        using Utf8JsonWriter writer = new(output, Options);
        BerReader outer = new(record);
        if (!outer.Read())
        {
            return FaultOf(outer);
        }

        return (outer.Tag & ~0x3FFFFFFFu) == BerTag.Context && CdrDictionary.Record.Members.ContainsKey(BerTag.Number(outer.Tag))
            ? WriteChoice(outer, CdrDictionary.Record, false, writer)
            : CdrRecord.Unsupported(outer.Tag);
    }

    private DecodingFault? WriteMembers(BerReader fields, CdrType type, bool isMasked, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        while (fields.Read())
        {
            DecodingFault? fault = WriteMember(fields, type, isMasked, writer);
            if (fault is not null)
            {
                return fault;
            }
        }

        writer.WriteEndObject();
        return fields.FaultIn(Where);
    }

    private DecodingFault? WriteMember(in BerReader field, CdrType type, bool isMasked, Utf8JsonWriter writer)
    {
        bool isContext = (field.Tag & ~0x3FFFFFFFu) == BerTag.Context;
        if (!isContext || !type.Members.TryGetValue(BerTag.Number(field.Tag), out CdrMember? member))
        {
            writer.WritePropertyName($"[{BerTag.Number(field.Tag)}]");
            WriteHex(field.Content, !isClear, writer);
            return null;
        }

        writer.WritePropertyName(member.Path[0]);
        foreach (string name in member.Path.AsSpan(1))
        {
            writer.WriteStartObject();
            writer.WritePropertyName(name);
        }

        isMasked |= member.IsPersonal && !isClear;
        DecodingFault? fault = member.IsList
            ? WriteList(field.Enter(), member.Type, isMasked, writer)
            : WriteTagged(field, member.Type, isMasked, writer);
        for (int i = 1; i < member.Path.Length; i++)
        {
            writer.WriteEndObject();
        }

        return fault;
    }

    /// <summary>
    /// A tag on a CHOICE is explicit even in a module with implicit tags (X.680 31.2.7): the alternative is one level down.
    /// </summary>
    private DecodingFault? WriteTagged(in BerReader field, CdrType type, bool isMasked, Utf8JsonWriter writer)
    {
        if (type.Kind != CdrKind.Choice)
        {
            return WriteValue(field, type, isMasked, writer);
        }

        BerReader alternative = field.Enter();
        return alternative.Read() ? WriteChoice(alternative, type, isMasked, writer) : FaultOf(alternative);
    }

    /// <summary>
    /// The fault when no element follows although one must: the end of the octets is a fault here, like octets that are not BER.
    /// </summary>
    private static DecodingFault FaultOf(in BerReader element) =>
        element.FaultIn(Where) ?? new(QuarantineReason.BadLength, $"An element is missing in {Where}.");

    private DecodingFault? WriteChoice(in BerReader alternative, CdrType type, bool isMasked, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        DecodingFault? fault = WriteMember(alternative, type, isMasked, writer);
        writer.WriteEndObject();
        return fault;
    }

    private DecodingFault? WriteList(BerReader items, CdrType type, bool isMasked, Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        while (items.Read())
        {
            DecodingFault? fault = type.Kind == CdrKind.Choice
                ? WriteChoice(items, type, isMasked, writer)
                : WriteValue(items, type, isMasked, writer);
            if (fault is not null)
            {
                return fault;
            }
        }

        writer.WriteEndArray();
        return items.FaultIn(Where);
    }

    private DecodingFault? WriteValue(in BerReader field, CdrType type, bool isMasked, Utf8JsonWriter writer)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (type.Kind)
        {
            case CdrKind.Set or CdrKind.Sequence:
                return WriteMembers(field.Enter(), type, isMasked, writer);
            case CdrKind.Integer when BerReader.TryReadInteger(content, out long integer):
                writer.WriteNumberValue(integer);
                break;
            case CdrKind.Enumerated when BerReader.TryReadInteger(content, out long value):
                if (value >= 0 && type.Members.TryGetValue((uint)value, out CdrMember? named))
                {
                    writer.WriteStringValue(named.Path[0]);
                }
                else
                {
                    writer.WriteNumberValue(value);
                }

                break;
            case CdrKind.Boolean when content.Length == 1:
                writer.WriteBooleanValue(content[0] != 0);
                break;
            case CdrKind.Text when !field.IsConstructed && System.Text.Unicode.Utf8.IsValid(content):
                writer.WriteStringValue(isMasked ? Masked(Encoding.UTF8.GetString(content)) : Encoding.UTF8.GetString(content));
                break;
            case CdrKind.Null when content.IsEmpty:
                writer.WriteNullValue();
                break;
            case CdrKind.Bits when content.Length > 0 && content[0] < 8 && (content.Length > 1 || content[0] == 0):
                WriteBits(content, writer);
                break;
            default:
                WriteHex(content, isMasked, writer);
                break;
        }

        return null;
    }

    private static void WriteHex(ReadOnlySpan<byte> octets, bool isMasked, Utf8JsonWriter writer)
    {
        string hex = Convert.ToHexStringLower(octets);
        writer.WriteStartObject();
        writer.WriteString("hex", isMasked ? Masked(hex) : hex);
        writer.WriteEndObject();
    }

    /// <summary>The masked text is as long as the clear one, so that a reader still sees when a number lacks a digit.</summary>
    private static string Masked(string text) => string.Create(text.Length, text, static (masked, clear) =>
    {
        for (int i = 0; i < masked.Length; i++)
        {
            masked[i] = char.IsAscii(clear[i]) && !char.IsAsciiLetterOrDigit(clear[i]) ? clear[i] : '*';
        }
    });

    /// <summary>X.690 8.6: the first octet counts the unused bits of the last.</summary>
    private static void WriteBits(ReadOnlySpan<byte> content, Utf8JsonWriter writer)
    {
        byte[] octets = content[1..].ToArray();
        int count = (octets.Length * 8) - content[0];
        writer.WriteStartObject();
        writer.WriteString("bits", string.Create(count, octets, static (text, bits) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = (bits[i / 8] & (0x80 >> (i % 8))) == 0 ? '0' : '1';
            }
        }));
        writer.WriteEndObject();
    }
}
