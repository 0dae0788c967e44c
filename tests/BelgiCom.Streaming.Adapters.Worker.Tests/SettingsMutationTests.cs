using System.Text;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

/// <summary>
/// Whatever settings say, each fault is named: a worker ends with exit code 1 and a list, not with an exception. A column map that is
/// accepted reads any file.
/// </summary>
public sealed class SettingsMutationTests
{
    private static readonly FuzzLimits Limits = new(Runs: 500, Octets: 16 << 20, OctetsPerOctet: 2_000) { Slowness = 5 };

    private static readonly byte[][] Settings =
    [
        .. new[]
        {
            "Adapters:DataDirectory=/data\nAdapters:Sources:0:Name=node\n"
            + "Adapters:Sources:0:Csv:Kind=Voice\nAdapters:Sources:0:Csv:Delimiter=;\n"
            + "Adapters:Sources:0:Csv:TimeFormat=dd.MM.yyyy HH:mm:ss\n"
            + "Adapters:Sources:0:Csv:TimeZone=Europe/Brussels\nAdapters:Sources:0:Csv:AmbiguousTime=Standard\n"
            + "Adapters:Sources:0:Csv:Columns:StartTime=Start\nAdapters:Sources:0:Csv:Columns:Msisdn=Caller\n"
            + "Adapters:Sources:0:Csv:Columns:DurationSeconds=3\nAdapters:Sources:0:Csv:JoinBy:0=Caller\n",
            "Adapters:DataDirectory=/data\nAdapters:Bounds:VoiceSeconds=7\nAdapters:KeepDone=P30D\nAdapters:Sources:1:Name=other\n"
            + "Adapters:Sources:1:Csv:Kind=Data\n"
            + "Adapters:Sources:1:Csv:Units:Total=KiB\nAdapters:Sources:1:Csv:Columns:Total=5\nAdapters:Sources:1:Csv:Columns:StartTime=1\n"
            + "Adapters:Sources:1:Csv:Columns:Imsi=2\nAdapters:Sources:1:Csv:HasHeader=false\nAdapters:Sources:1:Csv:Encoding=utf-16\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void Settings_AsTheyAreMutated_AreGood() => Assert.All(Settings, text => Assert.True(IsRead(text)));

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Settings_MutatedAtRandom_AreReadOrTheirFaultsAreNamed() =>
        Fuzz.Run("settings", Settings, text => IsRead(text), Limits);

    /// <summary>False when faults were named.</summary>
    private static bool IsRead(byte[] text)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(
            Encoding.UTF8.GetString(text).Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
                .DistinctBy(pair => pair[0], StringComparer.OrdinalIgnoreCase)
                .Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])));
        try
        {
            AdaptersOptions options = builder.AddValidatedOptions<AdaptersOptions>(AdaptersOptions.Section);
            builder.ThrowOnFaults();
            foreach (IUsageFormat format in options.Sources.SelectMany(source => source.ToUsageSource().Formats))
            {
                using UsageFileReader reader = format.Open(new MemoryStream("Start;Caller;3\n1;2;3\n"u8.ToArray()));
                while (reader.Read())
                {
                }
            }

            return true;
        }
        catch (ConfigurationFaultException faults)
        {
            Assert.NotEmpty(faults.Faults);
            return false;
        }
    }
}
