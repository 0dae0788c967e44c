using System.Buffers;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>cdr</c>: shows the records of a TS 32.298 file as JSON lines, with the names of the specification, whether or not usage can be made
/// of them. Personal data is masked unless <c>--clear</c> is given.
/// </summary>
internal static class CdrCommand
{
    // Validation is off, because the record inside is JSON already and may repeat a field.
    private static readonly JsonWriterOptions LineOptions = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "File of PGW, SGW or CHF records, framed (TS 32.297) or not, gzip or not." };
        Option<int?> record = new("--record") { Description = "Only this record, counted from 0 as in usage and quarantine." };
        Option<bool> clear = new("--clear") { Description = "Show personal data as it is. Default: letters and digits become stars." };
        Command command = new("cdr", "Show the records of a CDR file, a line of JSON each.") { file, record, clear };
        command.SetAction(result =>
        {
            using Stream output = Console.OpenStandardOutput();
            return Execute(result.GetRequiredValue(file), result.GetValue(record), result.GetValue(clear), output);
        });
        return command;
    }

    /// <returns>0 when every record shown can be decoded, else 2.</returns>
    internal static int Execute(string path, int? record, bool isClear, Stream output)
    {
        if (!File.Exists(path))
        {
            throw new ToolException(WorkerHost.ExitConfiguration, $"there is no file '{path}'");
        }

        using FileStream content = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        // Nothing of the hash is kept.
        DataKey key = new("cdr", RandomNumberGenerator.GetBytes(DataKey.Size));
        IncomingFile file = IncomingFile.Receive(
            Path.GetFileName(path), content, new ContentLimits(), TimeProvider.System, key, CancellationToken.None);
        bool isUnframed = !CdrFileFormat.Framed.Recognises(file.Head) && CdrFileFormat.Unframed.Recognises(file.Head);
        using UsageFileReader reader = (isUnframed ? CdrFileFormat.Unframed : CdrFileFormat.Framed).Open(file.Open());
        using BufferedStream buffered = new(output, 1 << 16);
        CdrJson json = new(isClear);
        ArrayBufferWriter<byte> cdr = new();
        bool hasFault = false, hasRecord = record is null;
        while (reader.Read())
        {
            if (record is null || reader.RecordIndex == record)
            {
                hasFault |= !WriteLine(reader, json, cdr, buffered);
                hasRecord = true;
            }
        }

        return hasRecord
            ? hasFault ? WorkerHost.ExitFailed : WorkerHost.ExitDone
            : throw new ToolException(
                WorkerHost.ExitConfiguration, $"'{path}' has {reader.RecordCount} records, counted from 0; there is no record {record}");
    }

    /// <summary>Writes where the record is, its fault if it has one, and all its fields if it is BER. False when it has a fault.</summary>
    private static bool WriteLine(UsageFileReader reader, CdrJson json, ArrayBufferWriter<byte> cdr, Stream output)
    {
        cdr.ResetWrittenCount();
        DecodingFault? unreadable = json.Write(reader.Octets, cdr);
        DecodingFault? fault = reader.Fault ?? unreadable;
        using (Utf8JsonWriter line = new(output, LineOptions))
        {
            line.WriteStartObject();
            line.WriteNumber("record", reader.RecordIndex);
            line.WriteNumber("offset", reader.RecordOffset);
            line.WriteNumber("length", reader.Fault?.Length ?? reader.Octets.Length);
            if (fault is not null)
            {
                line.WriteString("fault", JsonNamingPolicy.SnakeCaseUpper.ConvertName(fault.Reason.ToString()));
                line.WriteString("detail", fault.Detail);
            }

            if (unreadable is null)
            {
                line.WritePropertyName("cdr");
                line.WriteRawValue(cdr.WrittenSpan, skipInputValidation: true);
            }

            line.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
        return fault is null;
    }
}
