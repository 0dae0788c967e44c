using System.Buffers;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads a catalogue: a folder of YAML files, one offering each, and of tables in its folder tables/ (docs/catalogue.md). It is strict: a
/// key or value that it does not understand is a fault and never ignored.
/// </summary>
public static class CatalogueFolder
{
    private const long MaxFileOctets = 4 << 20;
    private const string Tables = "tables";

    /// <summary>All offering versions of a folder.</summary>
    /// <exception cref="InputFaultException">At least one file is wrong; the exception holds all faults of all files.</exception>
    public static IReadOnlyList<OfferingVersion> Load(string folder) => Read(folder).Versions;

    /// <summary>Everything that the files of a folder say, and what should be looked at in them.</summary>
    /// <exception cref="InputFaultException">At least one file is wrong; the exception holds all faults of all files.</exception>
    public static CatalogueContent Read(string folder)
    {
        Findings findings = new();
        string[] files = FilesOf(folder);
        if (files.Length == 0)
        {
            findings.Faults.Add(
                new InputFault(
                    folder, 0,
                    "There is no catalogue: put one *.yaml file for each offering into this folder (docs/catalogue.md has an example)."));
        }

        CatalogueTables tables = new();
        foreach (string path in FilesOf(Path.Combine(folder, Tables)))
        {
            if (Open(path, $"{Tables}/{Path.GetFileName(path)}", findings) is { } table)
            {
                tables.Read(table);
            }
        }

        return Content(files.Select(path => (Path.GetFileName(path), Open(path, Path.GetFileName(path), findings))), tables, findings);
    }

    /// <summary>Reads one offering without tables that is not in a folder, as a file of it would be read.</summary>
    /// <exception cref="InputFaultException">It is wrong.</exception>
    internal static CatalogueContent Parse(string yaml)
    {
        Findings findings = new();
        using StringReader reader = new(yaml);
        return Content([("", Open(reader, "", findings))], new CatalogueTables(), findings);
    }

    private static CatalogueContent Content(
        IEnumerable<(string File, YamlSection? Root)> files, CatalogueTables tables, Findings findings)
    {
        List<OfferingEdition> editions = [];
        Dictionary<string, string> fileOf = new(StringComparer.Ordinal);
        List<(YamlSection Root, IReadOnlyList<VersionSource> Versions)> read = [];
        foreach ((string file, YamlSection? root) in files)
        {
            IReadOnlyList<VersionSource> versions = root is null ? [] : OfferingReader.Read(root, tables, findings);
            if (versions.Count > 0 && !fileOf.TryAdd(versions[0].Published.Offering, file))
            {
                string offering = versions[0].Published.Offering;
                findings.Faults.Add(
                    new InputFault(file, 0, $"Offering '{offering}' is in {fileOf[offering]} already; keep all its versions in one file."));
            }

            if (root is not null && versions.Count > 0)
            {
                read.Add((root, versions));
            }

            editions.AddRange(
                versions.Select(version => new OfferingEdition(file, WithContentHash(version.Published), version.Terms)));
        }

        if (findings.Faults.Count == 0)
        {
            CheckAddOns(read);
        }

        // An alias (prices: *prices) is read once for each place that it stands for.
        return findings.Faults.Count == 0
            ? new CatalogueContent(editions, [.. findings.Warnings.Distinct()])
            : throw new InputFaultException([.. findings.Faults.Distinct()]);
    }

    /// <summary>
    /// An add-on stands beside a main offering of the catalogue, whose amounts can be summed with its own. What is compared are terms of
    /// the file, and so of each of its versions, and top-ups.
    /// </summary>
    private static void CheckAddOns(List<(YamlSection Root, IReadOnlyList<VersionSource> Versions)> read)
    {
        foreach ((YamlSection root, IReadOnlyList<VersionSource> addOn) in read)
        {
            foreach (string name in addOn[0].Published.AddOnTo)
            {
                OfferingVersion? main = read.Find(one => one.Versions[0].Published.Offering == name).Versions?[0].Published;
                string? wrong = main is null
                    ? "which the catalogue does not have."
                    : addOn.Select(version => AddOnTerms.WhyNot(version.Published, main)).FirstOrDefault(why => why is not null);
                if (wrong is not null)
                {
                    root.Fault("addOnTo", $"'addOnTo' names offering '{name}', {wrong}", FaultCodes.AddOn);
                }
            }
        }
    }

    /// <summary>Completes a version with the SHA-256 over its canonical form, which is its event with an empty hash.</summary>
    internal static OfferingVersion WithContentHash(OfferingVersion version)
    {
        ArrayBufferWriter<byte> canonical = new();
        (version with { ContentHash = [] }).Write(canonical);
        return version with { ContentHash = SHA256.HashData(canonical.WrittenSpan) };
    }

    /// <summary>
    /// Whether a published version says the same as another. The hash that it was published with may be of a release whose schema had fewer
    /// fields, so it is made anew.
    /// </summary>
    internal static bool HasSameContent(OfferingVersion published, OfferingVersion version) =>
        WithContentHash(published).ContentHash.AsSpan().SequenceEqual(WithContentHash(version).ContentHash);

    private static string[] FilesOf(string folder) => Directory.Exists(folder)
        ? [
            .. Directory.EnumerateFiles(folder)
                .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
                .Order(StringComparer.Ordinal)]
        : [];

    private static YamlSection? Open(string path, string file, Findings findings)
    {
        if (new FileInfo(path).Length > MaxFileOctets)
        {
            findings.Faults.Add(new InputFault(file, 0, $"The file is larger than {MaxFileOctets >> 20} MiB; is it a catalogue file?"));
            return null;
        }

        string text = File.ReadAllText(path);
        if (text.IndexOf(LimitedLines.Unreadable) is >= 0 and int place)
        {
            findings.Faults.Add(new InputFault(file, text.AsSpan(0, place).Count('\n') + 1, LimitedLines.WhyUnreadable)
            {
                Code = FaultCodes.NotUtf8,
            });
            return null;
        }

        using StringReader reader = new(text);
        return Open(reader, file, findings);
    }

    private static YamlSection? Open(TextReader content, string file, Findings findings)
    {
        YamlStream yaml = [];
        try
        {
            yaml.Load(new ShallowYaml(new Parser(content)));
        }
        catch (Exception broken) when (broken is not (IOException or UnauthorizedAccessException or OutOfMemoryException))
        {
            // The library has an exception of its own for what is not YAML, and throws others as well.
            findings.Faults.Add(new InputFault(file, (broken as YamlException)?.Start.Line ?? 0, $"This is not YAML: {broken.Message}"));
            return null;
        }

        if (yaml.Documents.Count != 1)
        {
            findings.Faults.Add(new InputFault(file, 0, "The file must hold exactly one offering or table (one YAML document)."));
            return null;
        }

        return YamlSection.From(yaml.Documents[0].RootNode, "The file", file, findings);
    }

    /// <summary>
    /// Refuses YAML that is nested deeper than any offering: the library follows each level on the stack, and a stack that overflows ends
    /// the process.
    /// </summary>
    private sealed class ShallowYaml(Parser parser) : IParser
    {
        private const int MaxDepth = 32;
        private int _depth;

        public ParsingEvent? Current => parser.Current;

        public bool MoveNext()
        {
            if (!parser.MoveNext())
            {
                return false;
            }

            _depth += Current!.NestingIncrease;
            return _depth <= MaxDepth
                ? true
                : throw new YamlException(Current.Start, Current.End, $"it is nested deeper than {MaxDepth} levels.");
        }
    }
}
