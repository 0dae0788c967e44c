using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Whatever one field holds, it costs at most its own line: each text that has upset a reader of numbers or times stands once in each
/// field, in each unit and format of times, and every second line is a good one.
/// </summary>
public class CsvHostileFieldTests
{
    private static readonly string[] Fields =
    [
        .. Enum.GetNames<CsvField>().Except([nameof(CsvField.Part), nameof(CsvField.StartTimeOfDay), nameof(CsvField.EndTimeOfDay)]),
    ];

    private static readonly string[] Texts =
    [
        "79228162514264337593543950335", "-79228162514264337593543950335", "79228162514264337593543950336", "9223372036854775807",
        "9223372036854775808", "18446744073709551616", "4294967296", "999999999999999999999999999999999999999", "0.0000000000000000000001",
        "79228162514264337593543950335.9", "253402300799.9999", "253402300800", "-0", "+0", "+", "-", ".", ",", "..", "1.2.3", "1e400",
        "1E-400", "NaN", "Infinity", "∞", "٣٣", "0x7f", "9999-12-31T23:59:59-15:00", "0001-01-01T00:00:00+15:00", "9999-12-31 23:59:59",
        "0001-01-01 00:00:00", "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2147483647:59:59", "9223372036854775807:00:00", "::",
        "00:00:60.999999999999999999", "12:34", new string('9', 64), new string('9', 4096), " ", "\t", "(0)(0)", "+(0)", "tel:", "é",
        "\u007f",
    ];

    public static TheoryData<string, VolumeUnit, DurationUnit> Maps => new(
        from time in new[] { "iso", "unix", "unix-ms", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss zzz" }
        from units in Enum.GetValues<VolumeUnit>().Zip(Enumerable.Repeat(Enum.GetValues<DurationUnit>(), 3).SelectMany(unit => unit))
        select (time, units.First, units.Second));

    [Theory]
    [MemberData(nameof(Maps))]
    public void Field_OfAnyText_CostsAtMostItsLine(string timeFormat, VolumeUnit volume, DurationUnit duration)
    {
        foreach (UsageKind kind in new[] { UsageKind.Data, UsageKind.Voice, UsageKind.Sms })
        {
            CsvColumnMap map = new()
            {
                Delimiter = ";",
                TimeFormat = timeFormat,
                TimeZone = "Europe/Brussels",
                VolumeUnit = volume,
                DurationUnit = duration,
            };
            map.Data.Add("Data");
            map.Voice.Add("Voice");
            map.Sms.Add("Sms");
            map.Originating.Add("MO");
            map.Terminating.Add("MT");
            foreach (string field in Fields)
            {
                map.Columns.Add(field, field);
            }

            if (volume != VolumeUnit.Byte)
            {
                map.Columns.Remove(nameof(CsvField.UplinkGigawords));
                map.Columns.Remove(nameof(CsvField.DownlinkGigawords));
            }

            Assert.Empty(map.Faults());
            foreach (string field in map.Columns.Keys)
            {
                string good = Line(map, kind, "", "");
                string file = $"{string.Join(';', map.Columns.Keys)}\n{good}"
                    + string.Concat(Texts.Select(text => Line(map, kind, field, text) + good));

                List<bool> read = Read(map, file);

                Assert.Equal(1 + (2 * Texts.Length), read.Count);
                Assert.All(read.Where((_, index) => index % 2 == 0), Assert.True);
            }
        }
    }

    private static string Line(CsvColumnMap map, UsageKind kind, string hostile, string text) => string.Join(
        map.Delimiter, map.Columns.Keys.Select(field => field == hostile ? text : Good(field, kind, map.TimeFormat))) + "\n";

    private static string Good(string field, UsageKind kind, string timeFormat) => field switch
    {
        nameof(CsvField.StartTime) or nameof(CsvField.EndTime) => timeFormat switch
        {
            "unix" => "1795158000",
            "unix-ms" => "1795158000123",
            "iso" => "2026-11-20T08:00:00+01:00",
            "yyyy-MM-dd HH:mm:ss" => "2026-11-20 08:00:00",
            _ => "2026-11-20 08:00:00 +01:00",
        },
        nameof(CsvField.Kind) => kind.ToString(),
        nameof(CsvField.Direction) => "MO",
        nameof(CsvField.Msisdn) or nameof(CsvField.OtherParty) => "999100000001",
        nameof(CsvField.Imsi) => "206019900000001",
        nameof(CsvField.ServingPlmn) => "20601",
        nameof(CsvField.Total) => "2",
        _ => "1",
    };

    private static List<bool> Read(CsvColumnMap map, string file)
    {
        using UsageFileReader reader = new CsvUsageFormat("any", map).Open(new MemoryStream(Encoding.UTF8.GetBytes(file)));
        List<bool> read = [];
        while (reader.Read())
        {
            read.Add(reader.Fault is null);
        }

        return read;
    }
}
