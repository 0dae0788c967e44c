using System.Globalization;
using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Generation;

/// <summary>A file that was generated.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Totals">What decoding it must give.</param>
public sealed record GeneratedFile(string Path, ControlTotals Totals);

/// <summary>
/// Generates usage files and the subscriptions for them. The same plan gives the same octets, and the files are streamed, so their size
/// costs no memory. All identities are synthetic.
/// </summary>
public sealed class UsageGenerator(GenerationPlan plan)
{
    private const int PacketSwitched = 7;
    private const int FiveGData = 20;
    private const string Sort = "yyyy-MM-dd'T'HH:mm:ss";

    private readonly GeneratedUsage _usage = new(plan);
    private readonly CdrBuilder _builder = new(plan);

    /// <summary>Writes all files of a kind into a folder. Each has a temporary name until it is whole, and is then renamed.</summary>
    public IEnumerable<GeneratedFile> WriteFiles(GeneratedKind kind, string directory)
    {
        Directory.CreateDirectory(directory);
        int sequence = 1;
        for (long first = 0; first < plan.Records; first += plan.RecordsPerFile, sequence++)
        {
            string path = Path.Combine(directory, NameOf(kind, sequence));
            ControlTotals totals;
            using (FileStream output = new(path + ".tmp", FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 18))
            {
                totals = WriteFile(kind, output, first, Math.Min(plan.RecordsPerFile, plan.Records - first), sequence);
            }

            File.Move(path + ".tmp", path, overwrite: true);
            yield return new GeneratedFile(path, totals);
        }
    }

    /// <summary>Writes one file.</summary>
    /// <param name="kind">Kind.</param>
    /// <param name="output">Output; must be able to seek for framed files.</param>
    /// <param name="first">Number of the first record in the plan.</param>
    /// <param name="count">Records.</param>
    /// <param name="sequence">File sequence number.</param>
    /// <returns>What decoding the file must give.</returns>
    public ControlTotals WriteFile(GeneratedKind kind, Stream output, long first, long count, long sequence) => kind switch
    {
        GeneratedKind.EricssonPgw => WriteCdrs(kind, CdrFileWriter.Framed(output, PacketSwitched, sequence), first, count),
        GeneratedKind.NokiaChf => WriteCdrs(kind, CdrFileWriter.Framed(output, FiveGData, sequence), first, count),
        GeneratedKind.HuaweiPgw or GeneratedKind.HuaweiSgw => WriteCdrs(kind, CdrFileWriter.Unframed(output), first, count),
        GeneratedKind.VoiceCsv =>
            WriteText(
                output, first, count, "record_id,call_start,call_seconds,msisdn,imsi,direction,other_party,serving_plmn,node", WriteCall,
                true),
        GeneratedKind.SmsCsv =>
            WriteText(output, first, count, "record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node", WriteMessage, false),
        GeneratedKind.Nchf => WriteRequests(output, first, count),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind."),
    };

    /// <summary>Writes the subscriptions of all subscribers as CSV.</summary>
    public void WriteSubscriptions(TextWriter output)
    {
        string from = plan.Start.UtcDateTime.Date.AddYears(-1).ToString(Sort, CultureInfo.InvariantCulture) + "Z";
        output.Write("msisdn,imsi,account,offering,validFrom,validTo\n");
        for (int i = 0; i < plan.Subscribers; i++)
        {
            GeneratedSubscriber subscriber = new(i);
            output.Write(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{subscriber.Msisdn},{subscriber.Imsi},ACC-{i:D8},{plan.Offerings[i % plan.Offerings.Count]},{from},\n"));
        }
    }

    private ControlTotals WriteCdrs(GeneratedKind kind, CdrFileWriter file, long first, long count)
    {
        ControlTotals totals = default(ControlTotals);
        for (long number = first; number < first + count; number++)
        {
            _usage.Make(number);
            switch (kind)
            {
                case GeneratedKind.NokiaChf:
                    _builder.BuildChf(_usage, "test-chf-01");
                    break;
                case GeneratedKind.HuaweiSgw:
                    _builder.BuildSgw(_usage, "TESTSGW01");
                    break;
                default:
                    _builder.BuildPgw(_usage, kind == GeneratedKind.HuaweiPgw ? "TESTPGW02" : "TESTPGW01");
                    break;
            }

            file.Write(_builder.Record);
            totals += TotalsOf(_usage);
        }

        file.Finish();
        return totals;
    }

    private ControlTotals WriteText(Stream output, long first, long count, string header, Action<TextWriter> writeLine, bool hasDuration)
    {
        ControlTotals totals = default(ControlTotals);
        using StreamWriter text = new(output, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        text.WriteLine(header);
        for (long number = first; number < first + count; number++)
        {
            _usage.Make(number);
            writeLine(text);
            totals += new ControlTotals(1, 1, 0, 0, hasDuration ? _usage.Parts[0].Seconds : 0);
        }

        return totals;
    }

    private void WriteCall(TextWriter text) => text.WriteLine(
        $"V{plan.RecordId(_usage.Number):D10},{Local(_usage.StartUtc)},{_usage.Parts[0].Seconds},"
        + $"{_usage.Subscriber.Msisdn},{_usage.Subscriber.Imsi},{Direction},{_usage.OtherParty.Msisdn},{_usage.ServingPlmn},TESTMSC01");

    private void WriteMessage(TextWriter text) => text.WriteLine(
        $"M{plan.RecordId(_usage.Number):D10},{Local(_usage.StartUtc)},{_usage.Subscriber.Msisdn},{_usage.Subscriber.Imsi},"
        + $"{Direction},{_usage.OtherParty.Msisdn},{_usage.ServingPlmn},TESTSMSC01");

    private string Direction => _usage.IsOriginating ? "MO" : "MT";

    private string Local(DateTime utc) =>
        new DateTimeOffset(utc).ToOffset(plan.Offset).ToString(Sort + "zzz", CultureInfo.InvariantCulture);

    private ControlTotals WriteRequests(Stream output, long first, long count)
    {
        ControlTotals totals = default(ControlTotals);
        for (long number = first; number < first + count; number++)
        {
            _usage.Make(number);
            using (Utf8JsonWriter json = new(output))
            {
                WriteRequest(json);
            }

            output.WriteByte((byte)'\n');
            totals += TotalsOf(_usage);
        }

        return totals;
    }

    private void WriteRequest(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("subscriberIdentifier", "imsi-" + _usage.Subscriber.Imsi);
        json.WriteStartObject("nfConsumerIdentification");
        json.WriteString("nFName", "test-smf-02");
        json.WriteString("nodeFunctionality", "SMF");
        json.WriteStartObject("nFPLMNID");
        json.WriteString("mcc", _usage.ServingPlmn.AsSpan(0, 3));
        json.WriteString("mnc", _usage.ServingPlmn.AsSpan(3));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("invocationTimeStamp", Local(_usage.StartUtc.AddSeconds(_usage.Seconds)));
        json.WriteNumber("invocationSequenceNumber", 1);
        json.WriteStartArray("multipleUnitUsage");
        for (int i = 0; i < _usage.PartCount; i++)
        {
            WriteUnits(json, i);
        }

        json.WriteEndArray();
        json.WriteStartObject("pDUSessionChargingInformation");
        json.WriteNumber("chargingId", plan.ChargingId(2_000_000, _usage.Number));
        json.WriteStartObject("userInformation");
        json.WriteString("servedGPSI", "msisdn-" + _usage.Subscriber.Msisdn);
        json.WriteString("servedPEI", "imei-" + _usage.Subscriber.Imei);
        json.WriteEndObject();
        json.WriteStartObject("pduSessionInformation");
        json.WriteNumber("pduSessionID", 5);
        json.WriteString("dnnId", "internet.test");
        json.WriteString("pduType", "IPV4");
        json.WriteString("ratType", "NR");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteUnits(Utf8JsonWriter json, int index)
    {
        GeneratedUsage.Part part = _usage.Parts[index];
        json.WriteStartObject();
        json.WriteNumber("ratingGroup", plan.ChfRatingGroups[part.Choice % plan.ChfRatingGroups.Count]);
        json.WriteStartArray("usedUnitContainer");
        json.WriteStartObject();
        json.WriteNumber("localSequenceNumber", index + 1);
        json.WriteNumber("time", part.Seconds);
        json.WriteNumber("totalVolume", part.Uplink + part.Downlink);
        json.WriteNumber("uplinkVolume", part.Uplink);
        json.WriteNumber("downlinkVolume", part.Downlink);
        json.WriteStartObject("pDUContainerInformation");
        json.WriteString("timeofFirstUsage", Local(_usage.StartUtc.AddSeconds(part.StartSeconds)));
        json.WriteString("timeofLastUsage", Local(_usage.StartUtc.AddSeconds(part.StartSeconds + part.Seconds)));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ControlTotals TotalsOf(GeneratedUsage usage)
    {
        ControlTotals totals = new(1, 0, 0, 0, 0);
        for (int i = 0; i < usage.PartCount; i++)
        {
            totals += new ControlTotals(0, 1, usage.Parts[i].Uplink, usage.Parts[i].Downlink, usage.Parts[i].Seconds);
        }

        return totals;
    }

    /// <summary>File names of TS 32.297 6.2 for the framed kinds: node, running count, date and time of the file with its offset.</summary>
    private string NameOf(GeneratedKind kind, int sequence)
    {
        DateTimeOffset start = plan.Start.ToOffset(plan.Offset);
        string stamp = start.ToString("yyyyMMdd'_-_'HHmm", CultureInfo.InvariantCulture)
            + start.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
        return kind switch
        {
            GeneratedKind.EricssonPgw => string.Create(CultureInfo.InvariantCulture, $"TESTPGW01_-_{sequence}.{stamp}.cdr"),
            GeneratedKind.NokiaChf => string.Create(CultureInfo.InvariantCulture, $"TESTCHF01_-_{sequence}.{stamp}.cdr"),
            GeneratedKind.HuaweiPgw => string.Create(CultureInfo.InvariantCulture, $"huawei-pgw-{sequence:D6}.dat"),
            GeneratedKind.HuaweiSgw => string.Create(CultureInfo.InvariantCulture, $"huawei-sgw-{sequence:D6}.dat"),
            GeneratedKind.VoiceCsv => string.Create(CultureInfo.InvariantCulture, $"voice-{sequence:D6}.csv"),
            GeneratedKind.SmsCsv => string.Create(CultureInfo.InvariantCulture, $"sms-{sequence:D6}.csv"),
            _ => string.Create(CultureInfo.InvariantCulture, $"nchf-{sequence:D6}.json"),
        };
    }
}
