using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>The files that <c>--input</c> names: files, folders with all that is in them, or <c>-</c> for standard input.</summary>
internal static class RunInputs
{
    /// <summary>Stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Name of the subscriptions that lie beside usage files, as <c>generate</c> writes them.</summary>
    public const string SubscriptionsFile = "subscriptions.csv";

    // Files that are still being written (the writer renames them when done), and files that hold no usage.
    private static readonly string[] IgnoredEndings = [".tmp", ".md", ".expected.json", SubscriptionsFile];

    /// <summary>All files, folders expanded in the order of names.</summary>
    /// <exception cref="ToolException">A path does not exist.</exception>
    public static IReadOnlyList<string> Find(IReadOnlyList<string> paths) => [.. paths.SelectMany(Expand)];

    /// <summary>The subscriptions beside the usage of the given folders, if there are any.</summary>
    public static string? SubscriptionsBeside(IReadOnlyList<string> paths) =>
        paths.Where(Directory.Exists).Select(folder => Path.Combine(folder, SubscriptionsFile)).FirstOrDefault(File.Exists);

    /// <summary>
    /// The source that a file's folder names, as in <c>ericsson/FILE</c>; null when the folder is not called like a source.
    /// </summary>
    public static string? SourceByFolder(string file, IEnumerable<string> sources) =>
        Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) is { } folder
            ? sources.FirstOrDefault(source => source.Equals(folder, StringComparison.OrdinalIgnoreCase))
            : null;

    private static IEnumerable<string> Expand(string path)
    {
        if (path == StandardInput || File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration, $"the input '{path}' does not exist: give a file, a folder, or - for standard input");
        }

        return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file =>
                !IgnoredEndings.Any(ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                    && !Path.GetFileName(file).StartsWith('.'))
            .Order(StringComparer.Ordinal);
    }
}
