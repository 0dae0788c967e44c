using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Hosting;

/// <summary>
/// Secrets from files, as container platforms mount them: <c>Billing__ConnectionString_FILE=/run/secrets/ledger</c> sets
/// <c>Billing:ConnectionString</c> to the content of that file, without the line end.
/// </summary>
internal static class SecretFiles
{
    private const string Suffix = "_FILE";

    /// <summary>True when <paramref name="key"/> names the file of one of the <paramref name="known"/> settings.</summary>
    public static bool IsReference(string key, IEnumerable<string> known) =>
        key.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && known.Contains(key[..^Suffix.Length], StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds the contents of all referenced files to the configuration.</summary>
    /// <exception cref="ConfigurationFaultException">A file cannot be read.</exception>
    public static void Load(IConfigurationManager configuration)
    {
        Dictionary<string, string?> values = new();
        foreach ((string key, string? path) in configuration.AsEnumerable())
        {
            // Only keys inside a section count, because a plain ..._FILE variable of the machine is not ours.
            if (!string.IsNullOrEmpty(path) && key.Contains(':', StringComparison.Ordinal)
                && key.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
            {
                values[key[..^Suffix.Length]] = Content(key, path);
            }
        }

        configuration.AddInMemoryCollection(values);
    }

    private static string Content(string key, string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationFaultException($"{key}: the file '{path}' cannot be read ({exception.Message})");
        }
    }
}
