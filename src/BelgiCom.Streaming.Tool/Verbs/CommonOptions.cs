using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace BelgiCom.Streaming.Tool;

/// <summary>Options that several verbs share, with the same words everywhere.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() =>
        new("--json") { Description = "Print exactly one JSON object on standard output; progress and log go to standard error." };

    public static Option<string> Data() => new("--data")
    {
        Description = "Folder of broker log, keys, ledger and archive; made when missing.",
        DefaultValueFactory = _ => DataFolder.DefaultPath,
    };

    public static Option<string?> Catalogue() =>
        new("--catalogue") { Description = "Folder of tariffs (YAML). Default: the sample catalogue." };

    public static Option<string?> Subscriptions() => new("--subscriptions")
    {
        Description = "Subscriptions, CSV or JSON lines. Default: subscriptions.csv beside the input, else those of the samples.",
    };

    public static Option<int> PartitionsMax() => new("--partitions-max")
    {
        Description = "At most so many partitions per topic, for small clusters.",
        DefaultValueFactory = _ => int.MaxValue,
    };

    /// <summary>Who acts, for a journal.</summary>
    public static Option<string> Actor() => new("--actor")
    {
        Description = "Who asks, for the journal. Default: the user of this process.",
        DefaultValueFactory = _ => $"{Environment.UserName}@{Environment.MachineName}",
    };

    /// <summary>Who decides on money, kept with the decision.</summary>
    public static Option<string> By() => new("--by")
    {
        Description = "Who decided. Default: the user of this process.",
        DefaultValueFactory = _ => $"{Environment.UserName}@{Environment.MachineName}",
    };

    /// <summary>Reads an instant; without an offset it is UTC.</summary>
    public static DateTimeOffset? Instant(ArgumentResult argument)
    {
        if (DateTimeOffset.TryParse(
            argument.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset instant))
        {
            return instant;
        }

        argument.AddError($"'{argument.Tokens[0].Value}' is no instant: write ISO 8601, for example 2026-12-31T00:00:00+01:00");
        return null;
    }
}
