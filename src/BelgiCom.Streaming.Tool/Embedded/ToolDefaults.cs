using System.Globalization;
using BelgiCom.Streaming.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Tool;

/// <summary>The settings that the tool fills in where the environment leaves them empty.</summary>
internal static class ToolDefaults
{
    /// <summary>A host builder whose empty settings are filled in: folders below the data folder, and limits that suit a laptop.</summary>
    public static WebApplicationBuilder Builder(DataFolder folder, IReadOnlyDictionary<string, string?> settings)
    {
        WebApplicationBuilder builder = ArchiveBuilder(
            folder.FullPath, settings.Append(new("Log:File", folder.LogFile)).ToDictionary());
        Set(builder.Configuration, "Adapters:DataDirectory", folder.Files);
        Set(builder.Configuration, "Billing:DataDirectory", folder.FullPath);
        // One group member, because several would first pass partitions to and fro, and one keeps a laptop's two cores busy.
        Set(builder.Configuration, "Kafka:Lanes", "1");
        // A killed run stays a group member until its session ends, and the next run should not wait 45 s for that.
        Set(builder.Configuration, "Kafka:SessionTimeout", "00:00:10");
        // Seven consumers share this process and its 1.5 GB.
        Set(builder.Configuration, "Kafka:ReadAheadMaxBytes", (16 << 20).ToString(CultureInfo.InvariantCulture));
        return builder;
    }

    /// <summary>A host builder that knows the keys and the archive: those of a data folder, where the environment names none.</summary>
    /// <param name="data">The data folder, which need not exist.</param>
    /// <param name="settings">Settings that win over the environment.</param>
    public static WebApplicationBuilder ArchiveBuilder(string data, Dictionary<string, string?>? settings = null)
    {
        WebApplicationBuilder builder = WorkerHost.CreateBuilder("belgicom", LogReader.Person, settings ?? []);
        Set(builder.Configuration, "Keys:Directory", DataFolder.KeysOf(data));
        Set(builder.Configuration, "Retention:ArchiveDirectory", DataFolder.ArchiveOf(data));
        return builder;
    }

    /// <summary>
    /// Checks that a folder is there before it is opened, because opening a key store that is missing would make one, with new keys that
    /// fit nothing.
    /// </summary>
    /// <exception cref="ToolException">There is no such folder.</exception>
    public static void RequireFolder(string folder, string setting)
    {
        if (!Directory.Exists(folder))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"there is no folder '{folder}': name the folder of a run with --data, or set {setting}");
        }
    }

    /// <summary>Sets a value that the environment leaves empty.</summary>
    public static void Set(ConfigurationManager configuration, string key, string value)
    {
        if (string.IsNullOrEmpty(configuration[key]))
        {
            // Added as a source of its own, because a value that is set through the indexer is lost when a worker adds another source.
            configuration.AddInMemoryCollection([new(key, value)]);
        }
    }
}
