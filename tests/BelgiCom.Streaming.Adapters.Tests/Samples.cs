using System.Buffers;
using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

internal static class Samples
{
    public const string Pgw = "pgw_3records_ts32297.cdr";
    public const string PgwRaw = "pgw_1record_raw.ber";
    public const string OtherNodes = "epdg_twag_sgsn_3records.ber";
    public const string Chf = "chf_1record_ts32297.cdr";

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "samples", name));

    /// <summary>A file of the samples that <c>belgicom run</c> ships with, whichever folder it is in.</summary>
    public static byte[] ReadShipped(string name) => File.ReadAllBytes(
        Assert.Single(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "shipped"), name, SearchOption.AllDirectories)));

    public static CdrFileFormat FormatOf(string name) =>
        name.EndsWith(".ber", StringComparison.Ordinal) ? CdrFileFormat.Unframed : CdrFileFormat.Framed;

    /// <summary>A record as JSON, or its fault.</summary>
    public static (string Json, DecodingFault? Fault) Show(ReadOnlySpan<byte> record, bool isClear)
    {
        ArrayBufferWriter<byte> output = new();
        DecodingFault? fault = new CdrJson(isClear).Write(record, output);
        return (Encoding.UTF8.GetString(output.WrittenSpan), fault);
    }

    /// <summary>Reads a file to its end: the octets of each record, and the faults.</summary>
    public static (List<byte[]> Records, List<DecodingFault> Faults) ReadAll(byte[] file, IUsageFormat format)
    {
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        List<byte[]> records = new();
        List<DecodingFault> faults = new();
        while (reader.Read())
        {
            if (reader.Fault is null)
            {
                records.Add(reader.Octets.ToArray());
            }
            else
            {
                faults.Add(reader.Fault);
            }
        }

        return (records, faults);
    }
}
