using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// The other opinion: usage files read a second time, from the format guide and TS 32.297, 32.298 and 32.291 alone, by somebody who had
/// not read the adapters. It is plain and slow on purpose. It reads valid files; what bad ones end as is tested elsewhere.
/// </summary>
internal static class OtherReader
{
    private const int FirstReleaseWithExtension = 7;
    private const int Ber = 1;

    /// <exception cref="FormatException">The file is not valid.</exception>
    public static List<OtherRecord> Read(byte[] file)
    {
        byte[] content = Content(file);
        List<OtherRecord> records = content.FirstOrDefault(octet => !char.IsWhiteSpace((char)octet)) is (byte)'{' or (byte)'['
            ? Requests(content)
            : IsFramed(content) ? Framed(content) : Unframed(content);
        for (int i = 0; i < records.Count; i++)
        {
            records[i].Index = i;
        }

        return records;
    }

    /// <summary>The file as it is when it is not compressed.</summary>
    public static byte[] Content(byte[] file)
    {
        if (file is not [0x1f, 0x8b, ..])
        {
            return file;
        }

        using GZipStream gzip = new(new MemoryStream(file), CompressionMode.Decompress);
        using MemoryStream content = new();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>TS 32.297 6.1: the length of the file, or all ones for not known, then the length of its header.</summary>
    private static bool IsFramed(byte[] content) =>
        content.Length >= 50
        && (uint)BinaryPrimitives.ReadInt32BigEndian(content) is uint length && (length == content.Length || length == uint.MaxValue)
        && BinaryPrimitives.ReadUInt32BigEndian(content.AsSpan(4)) >= 50;

    private static List<OtherRecord> Framed(byte[] content)
    {
        List<OtherRecord> records = [];
        int at = BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(4));
        while (at < content.Length)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(content.AsSpan(at));
            int release = content[at + 2] >> 5;
            int encoding = content[at + 3] >> 5;
            at += release == FirstReleaseWithExtension ? 5 : 4;
            if (encoding == Ber)
            {
                int start = at;
                records.Add(Record(Tlv.Read(content.AsSpan(0, at + length), ref start)));
            }
            else
            {
                records.Add(NotRead($"of encoding {encoding}"));
            }

            at += length;
        }

        return records;
    }

    /// <summary>Records one after another, with octets of zeros or ones between them or at the ends of blocks.</summary>
    private static List<OtherRecord> Unframed(byte[] content)
    {
        List<OtherRecord> records = [];
        for (int at = 0; at < content.Length;)
        {
            if (content[at] is 0 or 0xff)
            {
                at++;
            }
            else
            {
                records.Add(Record(Tlv.Read(content, ref at)));
            }
        }

        return records;
    }

    private static OtherRecord Record(Tlv outer) => outer.Number switch
    {
        200 => ChfRecord.Read(outer),
        _ when GatewayRecords.Fields.TryGetValue(outer.Number, out GatewayFields? fields) => GatewayRecords.Read(outer, fields),
        _ => NotRead($"of kind {outer.Number}"),
    };

    private static OtherRecord NotRead(string why)
    {
        OtherRecord record = new() { Form = "other" };
        record.Doubt(true, why);
        return record;
    }

    /// <summary>Bodies of charging data requests: one, an array of them, or one after another.</summary>
    private static List<OtherRecord> Requests(byte[] content)
    {
        List<OtherRecord> records = [];
        Utf8JsonReader reader = new(content, new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read())
        {
            JsonElement body = JsonElement.ParseValue(ref reader);
            records.AddRange(body.ValueKind == JsonValueKind.Array
                ? body.EnumerateArray().Select(NchfRequest.Read)
                : [NchfRequest.Read(body)]);
        }

        return records;
    }
}
