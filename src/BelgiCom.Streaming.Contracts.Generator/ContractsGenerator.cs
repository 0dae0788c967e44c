using System.Text;
using System.Text.Json;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts.Generator;

/// <summary>
/// Writes the C# of every schema: <c>schemas/**/*.avsc</c> in, <c>src/BelgiCom.Streaming.Contracts/Generated/*.cs</c> out.
/// </summary>
public static class ContractsGenerator
{
    /// <summary>Where the generated files are, from the root of the repository.</summary>
    public const string OutputFolder = "src/BelgiCom.Streaming.Contracts/Generated";

    // These records are read and written millions of times a minute, so they also get a view, which decodes and encodes without allocating.
    private static readonly string[] HotRecords = ["UsageReceived", "UsageRated", "UsageRejected", "RatingState"];

    /// <summary>Rewrites the generated folder. The repository is searched from <paramref name="directory"/> upwards.</summary>
    /// <returns>0 done, 1 no repository or a schema that breaks the rules.</returns>
    public static int Run(string directory, TextWriter log)
    {
        try
        {
            string root = RepositoryRoot(directory);
            IReadOnlyDictionary<string, string> files = Generate(Path.Combine(root, "schemas"));
            string output = Path.Combine(root, OutputFolder);
            Directory.CreateDirectory(output);
            foreach (string stale in Directory.GetFiles(output, "*.cs").Where(path => !files.ContainsKey(Path.GetFileName(path))))
            {
                File.Delete(stale);
            }

            foreach ((string name, string text) in files)
            {
                File.WriteAllText(Path.Combine(output, name), text);
            }

            log.WriteLine($"{files.Count} files written to {OutputFolder}.");
            return 0;
        }
        catch (Exception e) when (e is AvroSchemaException or DirectoryNotFoundException)
        {
            log.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>Makes the files in memory, by name.</summary>
    /// <exception cref="AvroSchemaException">A schema is not valid, or a type differs between two files.</exception>
    public static IReadOnlyDictionary<string, string> Generate(string schemasFolder)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        Dictionary<string, AvroRecord> roots = new();
        foreach (string path in Directory.GetFiles(schemasFolder, "*.avsc", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string topic = Path.GetFileName(Path.GetDirectoryName(path)!);
            string json = File.ReadAllText(path, Encoding.UTF8);
            AvroRecord root = Parse(path, json);
            roots.Add(root.Name.Simple, root);
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (AvroNamed type in NamedTypes(root))
            {
                bool hot = HotRecords.Contains(root.Name.Simple);
                string text = type switch
                {
                    AvroEnum e => EnumTemplate.Write(e),
                    AvroFixed id => IdTemplate.Write(id),
                    AvroRecord record when record == root => RecordTemplate.Write(record, hot, topic, document.RootElement),
                    _ => RecordTemplate.WriteNested((AvroRecord)type, hot),
                };
                Add(files, type.Name.Simple, text);
            }
        }

        foreach (SharedRun run in SharedRun.All.Where(run => roots.ContainsKey(run.Reader) && roots.ContainsKey(run.Writer)))
        {
            run.Check(roots[run.Reader], roots[run.Writer]);
        }

        return files;
    }

    private static AvroRecord Parse(string path, string json)
    {
        try
        {
            return AvroSchema.Parse(json) as AvroRecord ?? throw new AvroSchemaException("a topic's schema is a record");
        }
        catch (AvroSchemaException e)
        {
            throw new AvroSchemaException($"{Path.GetFileName(path)}: {e.Message}", e);
        }
    }

    private static void Add(SortedDictionary<string, string> files, string type, string text)
    {
        if (!files.TryAdd($"{type}.cs", text) && files[$"{type}.cs"] != text)
        {
            throw new AvroSchemaException($"The type '{type}' is written differently in two schemas; it must be the same in all.");
        }
    }

    /// <summary>
    /// The root and every named type inside it, once each, in the order of the file. Our schemas are not recursive, so the walk ends.
    /// </summary>
    private static List<AvroNamed> NamedTypes(AvroRecord root)
    {
        List<AvroNamed> found = new();
        Visit(root);
        return found;

        void Visit(AvroSchema schema)
        {
            if (schema is AvroNamed named)
            {
                if (found.Contains(named))
                {
                    return;
                }

                found.Add(named);
            }

            IEnumerable<AvroSchema> parts = schema switch
            {
                AvroRecord record => record.Fields.Select(field => field.Schema),
                AvroUnion union => union.Branches,
                AvroArray array => [array.Items],
                AvroMap map => [map.Values],
                _ => [],
            };
            foreach (AvroSchema part in parts)
            {
                Visit(part);
            }
        }
    }

    private static string RepositoryRoot(string directory)
    {
        for (DirectoryInfo? at = new(directory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, "schemas")) && Directory.Exists(Path.Combine(at.FullName, "src")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("No folder from here upwards has 'schemas' and 'src'. Run this inside the repository.");
    }
}
