namespace BelgiCom.Streaming.Contracts;

/// <summary>Matches a writer's schema with ours, once; what can never be read is refused here, with the path of the field.</summary>
internal sealed class ResolutionCompiler
{
    private readonly Dictionary<AvroSchema, AvroSkip> _skips = [];

    public ResolutionCompiler(AvroSchema writer)
    {
        // In the order of the definitions, so that a long chain of named types is not walked from its far end, on the stack.
        AvroSkip.Compile(writer, _skips);
    }

    public ResolutionStep Compile(AvroSchema writer, AvroSchema reader, string path)
    {
        if (writer.Kind == AvroKind.Union)
        {
            return CompileWriterUnion(writer, reader, path);
        }

        if (reader.Kind == AvroKind.Union)
        {
            return CompileReaderUnion(writer, reader, path);
        }

        if (!SameMeaning(writer, reader))
        {
            throw Refused(writer, reader, path);
        }

        return (writer.Kind, reader.Kind) switch
        {
            (AvroKind.Null, AvroKind.Null) => new WriteConstant([]),
            (AvroKind.Boolean, AvroKind.Boolean) => new CopyBoolean(),
            (AvroKind.Int, AvroKind.Int or AvroKind.Long) => new CopyNumber(isInt: true),
            (AvroKind.Long, AvroKind.Long) => new CopyNumber(isInt: false),
            (AvroKind.Bytes or AvroKind.String, AvroKind.Bytes) => new CopyBytes(),
            (AvroKind.Bytes or AvroKind.String, AvroKind.String) => new CopyText(),
            (AvroKind.Fixed, AvroKind.Fixed) when SameName(writer, reader) && writer.Size == reader.Size => new CopyFixed(reader.Size),
            (AvroKind.Enum, AvroKind.Enum) when SameName(writer, reader) => CompileEnum(writer, reader),
            (AvroKind.Array, AvroKind.Array) => new CopyArray(Compile(writer.Items!, reader.Items!, path + "[]")),
            (AvroKind.Record, AvroKind.Record) when SameName(writer, reader) => CompileRecord(writer, reader, path),
            _ => throw Refused(writer, reader, path),
        };
    }

    private ChooseBranch CompileWriterUnion(AvroSchema writer, AvroSchema reader, string path)
    {
        ResolutionStep[] branches = [.. writer.Branches.Select(branch => TryCompile(branch, reader, path) ?? new Unresolvable())];
        return branches.All(branch => branch is Unresolvable) ? throw Refused(writer, reader, path) : new ChooseBranch(branches);
    }

    private WriteBranch CompileReaderUnion(AvroSchema writer, AvroSchema reader, string path)
    {
        for (int i = 0; i < reader.Branches.Count; i++)
        {
            if (TryCompile(writer, reader.Branches[i], path) is { } step)
            {
                return new WriteBranch(i, step);
            }
        }

        throw Refused(writer, reader, path);
    }

    private ResolutionStep? TryCompile(AvroSchema writer, AvroSchema reader, string path)
    {
        try
        {
            return Compile(writer, reader, path);
        }
        catch (AvroSchemaException)
        {
            return null;
        }
    }

    private static MapSymbol CompileEnum(AvroSchema writer, AvroSchema reader)
    {
        List<string> symbols = [.. reader.Symbols];
        int unknown = reader.DefaultSymbol is null ? -1 : symbols.IndexOf(reader.DefaultSymbol);
        return new MapSymbol([.. writer.Symbols.Select(symbol => symbols.IndexOf(symbol) is var index and >= 0 ? index : unknown)]);
    }

    private CopyRecord CompileRecord(AvroSchema writer, AvroSchema reader, string path)
    {
        Dictionary<string, int> written = writer.Fields.Select((field, i) => (field.Name, i)).ToDictionary(StringComparer.Ordinal);
        List<(int Writer, ResolutionStep Step)> fields = new();
        foreach (AvroField field in reader.Fields)
        {
            string fieldPath = $"{path}.{field.Name}";
            if (written.TryGetValue(field.Name, out int index))
            {
                fields.Add((index, Compile(writer.Fields[index].Type, field.Type, fieldPath)));
            }
            else if (field.Default is { } value)
            {
                fields.Add((-1, new WriteConstant(AvroDefault.Encode(field.Type, value))));
            }
            else
            {
                throw new AvroSchemaException($"{fieldPath}: the writer has no such field, and ours has no default.");
            }
        }

        return new CopyRecord([.. writer.Fields.Select(field => AvroSkip.Compile(field.Type, _skips))], [.. fields]);
    }

    /// <summary>Money at another scale or a time in another unit would be read as another amount or instant.</summary>
    private static bool SameMeaning(AvroSchema writer, AvroSchema reader) =>
        reader.LogicalType.Length == 0 || (writer.LogicalType == reader.LogicalType && writer.Scale == reader.Scale);

    private static bool SameName(AvroSchema writer, AvroSchema reader) => writer.Name == reader.Name;

    private static AvroSchemaException Refused(AvroSchema writer, AvroSchema reader, string path) =>
        new($"{path}: {Describe(writer)} cannot be read as {Describe(reader)}.");

    private static string Describe(AvroSchema schema) => schema.FullName.Length > 0
        ? schema.FullName
        : string.Join(' ', schema.Kind.ToString().ToLowerInvariant(), schema.LogicalType).TrimEnd();
}
