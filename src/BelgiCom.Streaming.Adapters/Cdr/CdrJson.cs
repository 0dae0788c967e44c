using System.Text.Json;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Shows one TS 32.298 record in full as JSON with the names of the specification: octet strings as <c>{"hex": …}</c>, bit strings as
/// <c>{"bits": …}</c>, choices as <c>{"alternative": value}</c>, fields not in the dictionary as <c>"[tag]"</c>. For people with the
/// right to see the record: nothing is masked.
/// </summary>
public static class CdrJson
{
    private const string Where = "the record";

    /// <summary>Writes the record as one JSON object. A record that is not BER gives a fault and half an object.</summary>
    internal static DecodingFault? Write(ReadOnlySpan<byte> record, Utf8JsonWriter writer)
    {
        BerReader outer = new(record);
        return outer.Read() ? WriteChoice(outer, CdrDictionary.Record, writer) : FaultOf(outer);
    }

    /// <summary>The record as text, indented. Throws <see cref="FormatException"/> when it is not BER.</summary>
    public static string ToText(ReadOnlySpan<byte> record)
    {
        using MemoryStream buffer = new();
        DecodingFault? fault;
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Indented = true, SkipValidation = true }))
        {
            fault = Write(record, writer);
        }

        return fault is null
            ? System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length))
            : throw new FormatException(fault.Detail);
    }

    private static DecodingFault? WriteMembers(BerReader fields, CdrType type, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        while (fields.Read())
        {
            DecodingFault? fault = WriteMember(fields, type, writer);
            if (fault is not null)
            {
                return fault;
            }
        }

        writer.WriteEndObject();
        return fields.FaultIn(Where);
    }

    private static DecodingFault? WriteMember(in BerReader field, CdrType type, Utf8JsonWriter writer)
    {
        bool isContext = (field.Tag & ~0x3FFFFFFFu) == BerTag.Context;
        if (!isContext || !type.Members.TryGetValue(BerTag.Number(field.Tag), out CdrMember? member))
        {
            writer.WritePropertyName($"[{BerTag.Number(field.Tag)}]");
            WriteHex(field.Content, writer);
            return null;
        }

        writer.WritePropertyName(member.Path[0]);
        foreach (string name in member.Path.AsSpan(1))
        {
            writer.WriteStartObject();
            writer.WritePropertyName(name);
        }

        DecodingFault? fault = member.IsList ? WriteList(field.Enter(), member.Type, writer) : WriteTagged(field, member.Type, writer);
        for (int i = 1; i < member.Path.Length; i++)
        {
            writer.WriteEndObject();
        }

        return fault;
    }

    /// <summary>
    /// A tag on a CHOICE is explicit even in a module with implicit tags (X.680 31.2.7): the alternative is one level down.
    /// </summary>
    private static DecodingFault? WriteTagged(in BerReader field, CdrType type, Utf8JsonWriter writer)
    {
        if (type.Kind != CdrKind.Choice)
        {
            return WriteValue(field, type, writer);
        }

        BerReader alternative = field.Enter();
        return alternative.Read() ? WriteChoice(alternative, type, writer) : FaultOf(alternative);
    }

    /// <summary>An element was to follow: its end is as much a fault as octets that are not BER.</summary>
    private static DecodingFault FaultOf(in BerReader element) =>
        element.FaultIn(Where) ?? new(QuarantineReason.BadLength, $"An element is missing in {Where}.");

    private static DecodingFault? WriteChoice(in BerReader alternative, CdrType type, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        DecodingFault? fault = WriteMember(alternative, type, writer);
        writer.WriteEndObject();
        return fault;
    }

    private static DecodingFault? WriteList(BerReader items, CdrType type, Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        while (items.Read())
        {
            DecodingFault? fault = type.Kind == CdrKind.Choice ? WriteChoice(items, type, writer) : WriteValue(items, type, writer);
            if (fault is not null)
            {
                return fault;
            }
        }

        writer.WriteEndArray();
        return items.FaultIn(Where);
    }

    private static DecodingFault? WriteValue(in BerReader field, CdrType type, Utf8JsonWriter writer)
    {
        ReadOnlySpan<byte> content = field.Content;
        switch (type.Kind)
        {
            case CdrKind.Set or CdrKind.Sequence:
                return WriteMembers(field.Enter(), type, writer);
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
                writer.WriteStringValue(content);
                break;
            case CdrKind.Null when content.IsEmpty:
                writer.WriteNullValue();
                break;
            case CdrKind.Bits when content.Length > 0 && content[0] < 8 && (content.Length > 1 || content[0] == 0):
                WriteBits(content, writer);
                break;
            default:
                WriteHex(content, writer);
                break;
        }

        return null;
    }

    private static void WriteHex(ReadOnlySpan<byte> octets, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("hex", Convert.ToHexStringLower(octets));
        writer.WriteEndObject();
    }

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
