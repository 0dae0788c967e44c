using System.Buffers;
using System.Security.Cryptography;
using BelgiCom.Streaming.Contracts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads a catalogue: a folder of YAML files, one offering each (docs/catalogue.md). It is strict: a key or value that it does not
/// understand is a fault and never ignored.
/// </summary>
public static class CatalogueFolder
{
    private const long MaxFileOctets = 4 << 20;

    /// <summary>All offering versions of a folder.</summary>
    /// <exception cref="InputFaultException">At least one file is wrong; the exception holds all faults of all files.</exception>
    public static IReadOnlyList<OfferingVersion> Load(string folder)
    {
        List<InputFault> faults = [];
        List<OfferingVersion> versions = [];
        string[] files = Directory.Exists(folder)
            ? [
                .. Directory.EnumerateFiles(folder)
                    .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
                    .Order(StringComparer.Ordinal)]
            : [];
        if (files.Length == 0)
        {
            faults.Add(
                new InputFault(
                    folder, 0,
                    "There is no catalogue: put one *.yaml file for each offering into this folder (docs/catalogue.md has an example)."));
        }

        Dictionary<string, string> fileOf = new(StringComparer.Ordinal);
        foreach (string path in files)
        {
            string file = Path.GetFileName(path);
            IReadOnlyList<OfferingVersion> offering = ReadFile(path, file, faults);
            if (offering.Count > 0 && !fileOf.TryAdd(offering[0].Offering, file))
            {
                faults.Add(
                    new InputFault(
                        file, 0,
                        $"Offering '{offering[0].Offering}' is in {fileOf[offering[0].Offering]} already; keep all its versions in one "
                        + $"file."));
            }

            versions.AddRange(offering);
        }

        return faults.Count == 0 ? versions : throw new InputFaultException(faults);
    }

    /// <summary>Completes a version with the SHA-256 over its canonical form, which is its event with an empty hash.</summary>
    internal static OfferingVersion WithContentHash(OfferingVersion version)
    {
        ArrayBufferWriter<byte> canonical = new();
        (version with { ContentHash = [] }).Write(canonical);
        return version with { ContentHash = SHA256.HashData(canonical.WrittenSpan) };
    }

    private static IReadOnlyList<OfferingVersion> ReadFile(string path, string file, List<InputFault> faults)
    {
        if (new FileInfo(path).Length > MaxFileOctets)
        {
            faults.Add(new InputFault(file, 0, $"The file is larger than {MaxFileOctets >> 20} MiB; is it a catalogue file?"));
            return [];
        }

        YamlStream yaml = [];
        try
        {
            using StreamReader reader = new(path);
            yaml.Load(new ShallowYaml(new Parser(reader)));
        }
        catch (Exception broken) when (broken is not (IOException or UnauthorizedAccessException or OutOfMemoryException))
        {
            // The library has an exception of its own for what is not YAML, and throws others as well.
            faults.Add(new InputFault(file, (broken as YamlException)?.Start.Line ?? 0, $"This is not YAML: {broken.Message}"));
            return [];
        }

        if (yaml.Documents.Count != 1)
        {
            faults.Add(new InputFault(file, 0, "The file must hold exactly one offering (one YAML document)."));
            return [];
        }

        return YamlSection.From(yaml.Documents[0].RootNode, "The file", file, faults) is { } root ? OfferingReader.Read(root) : [];
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
