using System.Text;
using System.Text.Json.Nodes;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class CdrCommandTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("pgw_3records_ts32297.cdr", 3, "pGWRecord")]
    [InlineData("pgw_1record_raw.ber", 1, "pGWRecord")]
    [InlineData("chf_1record_ts32297.cdr", 1, "chargingFunctionRecord")]
    [InlineData("huawei/huawei-sgw-000001.dat", 60, "sGWRecord")]
    public void Cdr_OfAFile_ShowsALinePerRecordWithoutNumbers(string name, int records, string kind)
    {
        (int exit, string text) = Show(Sample(name));

        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((WorkerHost.ExitDone, records), (exit, lines.Length));
        for (int i = 0; i < lines.Length; i++)
        {
            JsonObject line = JsonNode.Parse(lines[i])!.AsObject();
            Assert.Equal(["record", "offset", "length", "cdr"], line.Select(member => member.Key));
            Assert.Equal(i, line["record"]!.GetValue<int>());
            Assert.NotNull(line["cdr"]![kind]!["recordType"]);
        }

        // The samples have MSISDN, IMSI and addresses that begin so, as text and as BCD.
        Assert.All(
            new[] { "99900", "99910", "0010101", "0010103", "9199", "00010101", "\"0a0" },
            number => Assert.DoesNotContain(number, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Cdr_InClear_ShowsTheNumbers()
    {
        (int exit, string text) = Show(Sample("pgw_3records_ts32297.cdr"), isClear: true);

        Assert.Equal(WorkerHost.ExitDone, exit);
        Assert.Contains("\"servedMSISDN\":{\"hex\":\"91990900000010\"}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cdr_OfOneRecord_ShowsThatOnly()
    {
        (int exit, string text) = Show(Sample("pgw_3records_ts32297.cdr"), record: 1);

        Assert.Equal(WorkerHost.ExitDone, exit);
        JsonNode line = JsonNode.Parse(Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Equal((1, 70002), (line["record"]!.GetValue<int>(), line["cdr"]!["pGWRecord"]!["chargingID"]!.GetValue<int>()));
    }

    [Fact]
    public void Cdr_OfARecordThatIsNotThere_SaysHowManyThereAre()
    {
        ToolException refused = Assert.Throws<ToolException>(() => Show(Sample("pgw_3records_ts32297.cdr"), record: 3));

        Assert.Equal(WorkerHost.ExitConfiguration, refused.ExitCode);
        Assert.Contains("3 records", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cdr_OfARecordWithoutUsage_ShowsItWithItsFault()
    {
        byte[] content = File.ReadAllBytes(Sample("pgw_3records_ts32297.cdr"));
        // The month stands in the second record's opening time [13].
        content[content.AsSpan(383).IndexOf(new byte[] { 0x8D, 0x09 }) + 383 + 3] = 0x1A;
        File.WriteAllBytes(_file, content);

        (int exit, string text) = Show(_file, record: 1);

        JsonNode line = JsonNode.Parse(text)!;
        Assert.Equal((WorkerHost.ExitFailed, "BAD_VALUE"), (exit, line["fault"]!.GetValue<string>()));
        Assert.Contains("recordOpeningTime [13]", line["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(70002, line["cdr"]!["pGWRecord"]!["chargingID"]!.GetValue<int>());
    }

    [Fact]
    public void Cdr_OfAnotherFile_IsOneFault()
    {
        File.WriteAllText(_file, "msisdn,start\n999000000001,now\n");

        (int exit, string text) = Show(_file);

        JsonObject line = JsonNode.Parse(text)!.AsObject();
        Assert.Equal((WorkerHost.ExitFailed, "NOT_A_CDR_FILE", false), (exit, line["fault"]!.GetValue<string>(), line.ContainsKey("cdr")));
        Assert.DoesNotContain("999", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cdr_OfNoFile_IsAnErrorOfTheUser() =>
        Assert.Equal(WorkerHost.ExitConfiguration, Assert.Throws<ToolException>(() => Show(_file + ".none")).ExitCode);

    private static (int Exit, string Text) Show(string path, int? record = null, bool isClear = false)
    {
        MemoryStream output = new();
        int exit = CdrCommand.Execute(path, record, isClear, output);
        return (exit, Encoding.UTF8.GetString(output.ToArray()));
    }

    private static string Sample(string name) => Path.Combine(AppContext.BaseDirectory, "Samples", "usage", name);
}
