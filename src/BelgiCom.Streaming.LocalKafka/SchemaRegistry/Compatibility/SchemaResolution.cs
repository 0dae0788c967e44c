namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Why a reader's schema cannot read a writer's: <paramref name="Reason"/> is one of the upper-case words below, <paramref name="Path"/> a
/// JSON pointer into the reader's schema.
/// </summary>
internal sealed record SchemaMismatch(string Reason, string Path, string Message)
{
    public override string ToString() => $"{Reason} at \"{Path}\": {Message}";
}

/// <summary>
/// Whether data written with one schema can be read with another: Avro 1.12, "Schema Resolution". Decided from the two schemas alone, so a
/// writer's union must be readable in every branch and a writer's enum in every symbol. Stricter than the specification in one point: what
/// is read as an amount or a time must have been written as the same logical type, because milliseconds read as microseconds or a decimal
/// of another scale are wrong values without an error. The platform's readers refuse the same.
/// </summary>
internal sealed class SchemaResolution
{
    // Pairs of records taken to match until shown otherwise, newest last: recursive types meet themselves on the way.
    private readonly List<(AvroSchema Reader, AvroSchema Writer)> _assumedInOrder = [];
    private readonly HashSet<(AvroSchema Reader, AvroSchema Writer)> _assumed = [];

    // One reason each: repeating all of them at every use would double the messages at every level of nesting.
    private readonly Dictionary<(AvroSchema Reader, AvroSchema Writer), SchemaMismatch> _refuted = [];
    private int _steps;
    private int _depth;

    private SchemaResolution()
    {
    }

    /// <summary>Empty when <paramref name="reader"/> reads everything that <paramref name="writer"/> can write.</summary>
    /// <exception cref="AvroSchemaException">The pair goes beyond <see cref="AvroLimits"/>.</exception>
    public static IReadOnlyList<SchemaMismatch> Check(AvroSchema reader, AvroSchema writer)
    {
        List<SchemaMismatch> found = new();
        new SchemaResolution().Resolve(reader, writer, "", found);
        return found;
    }

    private void Resolve(AvroSchema reader, AvroSchema writer, string path, List<SchemaMismatch> found)
    {
        if (++_steps > AvroLimits.ResolutionSteps || _depth >= AvroLimits.ResolutionDepth)
        {
            throw new AvroSchemaException("The schemas are too complex to compare: split them into smaller ones");
        }

        _depth++;
        if (writer is AvroUnion writerUnion)
        {
            foreach (AvroSchema branch in writerUnion.Branches)
            {
                Resolve(reader, branch, path, found);
            }
        }
        else if (reader is AvroUnion readerUnion)
        {
            ResolveIntoUnion(readerUnion, writer, path, found);
        }
        else if (reader.Logical is { Name: not "uuid" } logical && logical != writer.Logical)
        {
            found.Add(new("LOGICAL_TYPE_MISMATCH", path, $"reader {reader.DisplayName}, writer {writer.DisplayName}"));
        }
        else
        {
            ResolveType(reader, writer, path, found);
        }

        _depth--;
    }

    private void ResolveIntoUnion(AvroUnion reader, AvroSchema writer, string path, List<SchemaMismatch> found)
    {
        for (int i = 0; i < reader.Branches.Count; i++)
        {
            List<SchemaMismatch> tried = new();
            Resolve(reader.Branches[i], writer, $"{path}/{i}", tried);
            if (tried.Count == 0)
            {
                return;
            }
        }

        found.Add(new("MISSING_UNION_BRANCH", path, $"the reader's union has no branch for the writer's {writer.DisplayName}"));
    }

    private void ResolveType(AvroSchema reader, AvroSchema writer, string path, List<SchemaMismatch> found)
    {
        switch (reader, writer)
        {
            case (AvroArray r, AvroArray w):
                Resolve(r.Items, w.Items, path + "/items", found);
                break;
            case (AvroMap r, AvroMap w):
                Resolve(r.Values, w.Values, path + "/values", found);
                break;
            case (AvroNamed r, AvroNamed w) when r.Kind == w.Kind && !NamesMatch(r, w):
                found.Add(new("NAME_MISMATCH", path + "/name", $"reader {r.Name.FullName}, writer {w.Name.FullName}"));
                break;
            case (AvroFixed r, AvroFixed w):
                if (r.Size != w.Size)
                {
                    found.Add(new("FIXED_SIZE_MISMATCH", path + "/size", $"reader {r.Size} octets, writer {w.Size}"));
                }

                break;
            case (AvroEnum r, AvroEnum w):
                ResolveEnum(r, w, path, found);
                break;
            case (AvroRecord r, AvroRecord w):
                ResolveRecord(r, w, path, found);
                break;
            default:
                if (!Promotes(writer.Kind, reader.Kind))
                {
                    found.Add(new("TYPE_MISMATCH", path, $"reader {reader.DisplayName}, writer {writer.DisplayName}"));
                }

                break;
        }
    }

    /// <summary>Only the last part of the name counts, or an alias of the reader that is the writer's full name.</summary>
    private static bool NamesMatch(AvroNamed reader, AvroNamed writer) =>
        reader.Name.Simple == writer.Name.Simple || reader.Aliases.Contains(writer.Name.FullName);

    private static void ResolveEnum(AvroEnum reader, AvroEnum writer, string path, List<SchemaMismatch> found)
    {
        if (reader.DefaultSymbol is not null)
        {
            return;
        }

        List<string> missing = writer.Symbols.Except(reader.Symbols, StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            found.Add(
                new("MISSING_ENUM_SYMBOLS", path + "/symbols", $"the reader has no default and no symbol {string.Join(", ", missing)}"));
        }
    }

    private void ResolveRecord(AvroRecord reader, AvroRecord writer, string path, List<SchemaMismatch> found)
    {
        (AvroRecord reader, AvroRecord writer) pair = (reader, writer);
        if (_refuted.TryGetValue(pair, out SchemaMismatch? known))
        {
            found.Add(known);
            return;
        }

        if (!_assumed.Add(pair))
        {
            return;
        }

        int assumedBefore = _assumedInOrder.Count;
        _assumedInOrder.Add(pair);
        List<SchemaMismatch> own = new();
        Dictionary<string, AvroField> written = writer.Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
        for (int i = 0; i < reader.Fields.Count; i++)
        {
            AvroField field = reader.Fields[i];
            string fieldPath = $"{path}/fields/{i}";
            if (Written(field, written) is { } source)
            {
                Resolve(field.Schema, source.Schema, fieldPath + "/type", own);
            }
            else if (field.Default is null)
            {
                own.Add(
                    new(
                        "READER_FIELD_MISSING_DEFAULT_VALUE", fieldPath,
                        $"the field \"{field.Name}\" has no default and the writer does not write it"));
            }
        }

        if (own.Count > 0)
        {
            Refute(pair, own[0], assumedBefore);
            found.AddRange(own);
        }
    }

    private static AvroField? Written(AvroField field, Dictionary<string, AvroField> written) =>
        written.GetValueOrDefault(field.Name)
            ?? field.Aliases.Select(alias => written.GetValueOrDefault(alias)).FirstOrDefault(source => source is not null);

    /// <summary>What was found to match while this pair was taken to match may have leaned on it, and is forgotten with it.</summary>
    private void Refute((AvroSchema Reader, AvroSchema Writer) pair, SchemaMismatch why, int assumedBefore)
    {
        for (int i = assumedBefore; i < _assumedInOrder.Count; i++)
        {
            _assumed.Remove(_assumedInOrder[i]);
        }

        _assumedInOrder.RemoveRange(assumedBefore, _assumedInOrder.Count - assumedBefore);
        _refuted[pair] = why;
    }

    private static bool Promotes(AvroKind writer, AvroKind reader) => writer == reader || (writer, reader) switch
    {
        (AvroKind.Int, AvroKind.Long or AvroKind.Float or AvroKind.Double) => true,
        (AvroKind.Long, AvroKind.Float or AvroKind.Double) => true,
        (AvroKind.Float, AvroKind.Double) => true,
        (AvroKind.String, AvroKind.Bytes) or (AvroKind.Bytes, AvroKind.String) => true,
        _ => false,
    };
}
