using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Adapters.Worker;
using BelgiCom.Streaming.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class SourcesCommandTests
{
    /// <summary>What is drafted works as it is, pasted into a shell: the file is recognised and its records are read.</summary>
    [Theory]
    [InlineData("call-manager-with-epoch-seconds/cdr_01.csv", 2)]
    [InlineData("csv-without-header/Master.csv", 2)]
    [InlineData("date-and-time-in-two-columns/uk.csv", 2)]
    [InlineData("one-call-in-two-lines/calls.csv", 2)]
    [InlineData("gigawords/radius.csv", 1)]
    [InlineData("calls-and-messages-in-one-file/mixed.csv", 3)]
    [InlineData("carriage-returns-only/calls.csv", 2)]
    [InlineData("two-stray-quotes/calls.csv", 98)]
    [InlineData("messages-without-id-differ-in-fraction/f.csv", 2)]
    [InlineData("call-by-its-end/e.csv", 1)]
    public void Draft_PastedIntoAShell_ReadsTheFile(string name, int records)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Cases", name));

        CsvUsageFormat format = Assert.IsType<CsvUsageFormat>(Assert.Single(Pasted(SourcesCommand.Exports(CsvMapDraft.Of(file))).Formats));

        Assert.True(format.Recognises(file));
        using UsageFileReader reader = format.Open(new MemoryStream(file));
        int read = 0;
        while (reader.Read())
        {
            read += reader.Fault is null ? 1 : 0;
        }

        Assert.Equal(records, read);
    }

    [Fact]
    public void Draft_OfUnitsAndNationalNumbers_SaysThemToAShell()
    {
        CsvMapDraft draft = CsvMapDraft.Of("start;up (MB);down (Kio);secs_min;msisdn\n2026-11-20T08:00:00Z;1,5;2;1,5;0475123456\n"u8);

        string[] lines = [.. SourcesCommand.Exports(draft).Select(line => line[(line.IndexOf("Csv__", StringComparison.Ordinal) + 5)..])];

        Assert.Contains("Units__Uplink=MB", lines);
        Assert.Contains("Units__Downlink=KiB", lines);
        Assert.Contains("DurationUnit=Minute", lines);
        Assert.Contains("DecimalSeparator=','", lines);
        Assert.Contains("CountryCode=32", lines);
        Assert.IsType<CsvUsageFormat>(Assert.Single(Pasted(SourcesCommand.Exports(draft)).Formats));
    }

    [Fact]
    public void Draft_OfANameWithAQuote_IsOneWordOfAShell()
    {
        CsvMapDraft draft = CsvMapDraft.Of("start,secs,caller\n2026-11-20T08:00:00Z,1,999100000001\n"u8);
        draft.Map.Columns["OtherParty"] = "l'appelé";

        Assert.Contains(@"export Adapters__Sources__0__Csv__Columns__OtherParty='l'\''appelé'", SourcesCommand.Exports(draft));
    }

    /// <summary>The source that the lines configure, as a shell and the worker read them.</summary>
    private static UsageSource Pasted(IEnumerable<string> exports)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(exports.Select(line =>
        {
            string[] setting = line["export ".Length..].Split('=', 2);
            return new KeyValuePair<string, string?>(
                setting[0].Replace("__", ":", StringComparison.Ordinal), setting[1].Replace("'", "", StringComparison.Ordinal));
        }).Append(new("Adapters:DataDirectory", ".")));
        AdaptersOptions options = builder.AddValidatedOptions<AdaptersOptions>(AdaptersOptions.Section);
        builder.ThrowOnFaults();
        return Assert.Single(options.Sources).ToUsageSource();
    }
}
