using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>The repository as files.</summary>
internal static partial class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Name of each project under a folder, and its project file.</summary>
    public static IReadOnlyDictionary<string, XDocument> Projects(string folder) => Directory
        .GetFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories)
        .ToDictionary(path => Short(Path.GetFileNameWithoutExtension(path)), XDocument.Load);

    /// <summary>Project names without their common start.</summary>
    public static string Short(string project) => project.Replace("BelgiCom.Streaming.", "", StringComparison.Ordinal);

    /// <summary>C# files under a folder, written by people: path from the root, and text.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(string folder) =>
        AllSources(folder).Where(source => !source.Path.Contains("/Generated/", StringComparison.Ordinal));

    /// <summary>The same with what the generator wrote.</summary>
    public static IEnumerable<(string Path, string Text)> AllSources(string folder) => Directory
        .GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path => !path.Contains("/obj/", StringComparison.Ordinal)
            && !path.Contains("/bin/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(path => (path, File.ReadAllText(Path.Combine(Root, path))));

    /// <summary>Places, as "path:line", at which a pattern is found outside comments.</summary>
    public static IReadOnlyList<string> Find(string folder, Regex pattern, Func<string, bool>? where = null) =>
    [
        .. from source in Sources(folder)
           where @where is null || @where(source.Path)
           from line in source.Text.Split('\n').Select((text, index) => (Text: Comment().Replace(text, ""), Number: index + 1))
           where pattern.IsMatch(line.Text)
           select $"{source.Path}:{line.Number}",
    ];

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "BelgiCom.Streaming.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests must run inside the repository.");
    }

    [GeneratedRegex(@"(^|\s)//.*$")]
    private static partial Regex Comment();
}
