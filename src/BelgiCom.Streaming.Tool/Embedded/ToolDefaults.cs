using System.Globalization;
using BelgiCom.Streaming.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Tool;

/// <summary>What the tool fills in where the environment says nothing.</summary>
internal static class ToolDefaults
{
    /// <summary>A host builder whose empty settings are filled in: folders below the data folder, and the sizes of a laptop.</summary>
    public static WebApplicationBuilder Builder(DataFolder folder, IReadOnlyDictionary<string, string?> settings)
    {
        WebApplicationBuilder builder = WorkerHost.CreateBuilder(
            "belgicom", LogReader.Person, settings.Append(new("Log:File", folder.LogFile)).ToDictionary());
        Set(builder.Configuration, "Keys:Directory", folder.Keys);
        Set(builder.Configuration, "Adapters:DataDirectory", folder.Files);
        Set(builder.Configuration, "Billing:DataDirectory", folder.FullPath);
        Set(builder.Configuration, "Retention:ArchiveDirectory", folder.Archive);
        // One group member: several would first pass partitions to and fro, and a laptop's two cores are busy with one.
        Set(builder.Configuration, "Kafka:Lanes", "1");
        // A killed run is a group member until its session ends; the next run must not wait 45 s for it.
        Set(builder.Configuration, "Kafka:SessionTimeout", "00:00:10");
        // Seven consumers share this process and its 1.5 GB.
        Set(builder.Configuration, "Kafka:ReadAheadMaxBytes", (16 << 20).ToString(CultureInfo.InvariantCulture));
        return builder;
    }

    /// <summary>Sets what the environment leaves empty.</summary>
    public static void Set(ConfigurationManager configuration, string key, string value)
    {
        if (string.IsNullOrEmpty(configuration[key]))
        {
            // A source of its own: values set through the indexer are lost when a worker adds another source.
            configuration.AddInMemoryCollection([new(key, value)]);
        }
    }
}
