using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace BelgiCom.Streaming.Retention;

/// <summary>The legal classes and rules that ship beside the executable.</summary>
public static class ShippedRetention
{
    /// <summary>
    /// Adds <c>retention.json</c>, and in development <c>retention.development.json</c>, below all other sources of configuration, so that
    /// these win.
    /// </summary>
    /// <param name="configuration">Configuration being built.</param>
    /// <param name="development">Whether the development period of BILLING, which nobody has decided, may be used.</param>
    public static void AddShippedRetention(this IConfigurationBuilder configuration, bool development)
    {
        configuration.Sources.Insert(0, Shipped("retention.json"));
        if (development)
        {
            configuration.Sources.Insert(1, Shipped("retention.development.json"));
        }
    }

    private static JsonConfigurationSource Shipped(string file)
    {
        JsonConfigurationSource source = new() { Path = Path.Combine(AppContext.BaseDirectory, file) };
        source.ResolveFileProvider();
        return source;
    }
}
