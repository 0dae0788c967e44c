namespace BelgiCom.Streaming.Avro;

/// <summary>
/// The rules of Avro 1.12, "Schema Resolution", for each pair of types. A pair gives the step that reads one type with the other (null when
/// no value of it can be read), and every mismatch is noted. Stricter than the specification in one point: an amount or a time must have
/// been written as the same logical type, because milliseconds read as microseconds, or a decimal of another scale, are wrong values
/// without an error.
/// </summary>
internal sealed class ResolutionRules
{
    // Pairs of records that were compared, each with its first mismatch; repeating all mismatches at every use would double the messages at
    // every level of nesting. A pair without a mismatch matches, or is taken to match until the opposite is shown, because recursive types
    // meet themselves on the way.
    private readonly Dictionary<(AvroRecord Reader, AvroRecord Writer), (ResolutionStep? Step, SchemaMismatch? Why)> _records = [];

    // The pairs without a mismatch, newest last.
    private readonly List<(AvroRecord Reader, AvroRecord Writer)> _matching = [];
    private readonly Dictionary<AvroSchema, AvroSkip> _skips = [];
    private int _steps;
    private int _depth;

    public ResolutionRules(AvroSchema writer)
    {
        // Compiled in the order of the definitions, so that a long chain of named types is not followed from its far end, on the stack.
        AvroSkip.Compile(writer, _skips);
    }

    /// <exception cref="AvroSchemaException">The pair goes beyond <see cref="AvroLimits"/>.</exception>
    public ResolutionStep? Match(AvroSchema reader, AvroSchema writer, string path, List<SchemaMismatch> found)
    {
        Take(1);
        if (_depth >= AvroLimits.ResolutionDepth)
        {
            throw TooComplex();
        }

        _depth++;
        ResolutionStep? step = (reader, writer) switch
        {
            (_, AvroUnion w) => MatchWriterUnion(reader, w, path, found),
            (AvroUnion r, _) => MatchReaderUnion(r, writer, path, found),
            ({ Logical: { Name: not "uuid" } logical }, _) when logical != writer.Logical =>
                Refuse(found, "LOGICAL_TYPE_MISMATCH", path, $"reader {reader.DisplayName}, writer {writer.DisplayName}"),
            _ => MatchType(reader, writer, path, found),
        };
        _depth--;
        return step;
    }

    private static AvroSchemaException TooComplex() => new("The schemas are too complex to compare: split them into smaller ones");

    private void Take(int steps)
    {
        _steps += steps;
        if (_steps > AvroLimits.ResolutionSteps)
        {
            throw TooComplex();
        }
    }

    private ChooseBranch? MatchWriterUnion(AvroSchema reader, AvroUnion writer, string path, List<SchemaMismatch> found)
    {
        ResolutionStep?[] branches = [.. writer.Branches.Select(branch => Match(reader, branch, path, found))];
        return branches.Length > 0 && branches.All(branch => branch is null)
            ? null
            : new ChooseBranch([.. branches.Select(branch => branch ?? new Unresolvable())]);
    }

    /// <summary>Chooses the first branch that reads everything, else the first that reads some of it.</summary>
    private WriteBranch? MatchReaderUnion(AvroUnion reader, AvroSchema writer, string path, List<SchemaMismatch> found)
    {
        WriteBranch? partly = null;
        for (int i = 0; i < reader.Branches.Count; i++)
        {
            List<SchemaMismatch> tried = [];
            if (Match(reader.Branches[i], writer, $"{path}/{i}", tried) is { } value)
            {
                if (tried.Count == 0)
                {
                    return new WriteBranch(i, value);
                }

                partly ??= new WriteBranch(i, value);
            }
        }

        Refuse(found, "MISSING_UNION_BRANCH", path, $"the reader's union has no branch for the writer's {writer.DisplayName}");
        return partly;
    }

    private ResolutionStep? MatchType(
        AvroSchema reader, AvroSchema writer, string path, List<SchemaMismatch> found) => (reader, writer) switch
        {
            (AvroArray r, AvroArray w) => Match(r.Items, w.Items, path + "/items", found) is { } item ? new CopyItems(item) : null,
            (AvroMap r, AvroMap w) => Match(r.Values, w.Values, path + "/values", found) is { } value ? new CopyEntries(value) : null,
            (AvroNamed r, AvroNamed w) when r.Kind == w.Kind && !NamesMatch(r, w) =>
                Refuse(found, "NAME_MISMATCH", path + "/name", $"reader {r.Name.FullName}, writer {w.Name.FullName}"),
            (AvroFixed r, AvroFixed w) => r.Size == w.Size
                ? new CopyFixed(r.Size)
                : Refuse(found, "FIXED_SIZE_MISMATCH", path + "/size", $"reader {r.Size} octets, writer {w.Size}"),
            (AvroEnum r, AvroEnum w) => MatchEnum(r, w, path, found),
            (AvroRecord r, AvroRecord w) => MatchRecord(r, w, path, found),
            _ => Promotion(writer.Kind, reader.Kind)
                ?? Refuse(found, "TYPE_MISMATCH", path, $"reader {reader.DisplayName}, writer {writer.DisplayName}"),
        };

    /// <summary>Two names match when their last parts are equal, or when an alias of the reader is the writer's full name.</summary>
    private static bool NamesMatch(AvroNamed reader, AvroNamed writer) =>
        reader.Name.Simple == writer.Name.Simple || reader.Aliases.Contains(writer.Name.FullName);

    private MapSymbol MatchEnum(AvroEnum reader, AvroEnum writer, string path, List<SchemaMismatch> found)
    {
        Take(reader.Symbols.Count + writer.Symbols.Count);
        Dictionary<string, int> ours = reader.Symbols.Select((symbol, i) => (symbol, i)).ToDictionary(StringComparer.Ordinal);
        int unknown = reader.DefaultSymbol is null ? MapSymbol.None : ours[reader.DefaultSymbol];
        string[] missing = [.. writer.Symbols.Where(symbol => !ours.ContainsKey(symbol))];
        if (missing.Length > 0 && unknown == MapSymbol.None)
        {
            Refuse(
                found, "MISSING_ENUM_SYMBOLS", path + "/symbols",
                $"the reader has no default and no symbol {string.Join(", ", missing)}");
        }

        return new MapSymbol([.. writer.Symbols.Select(symbol => ours.GetValueOrDefault(symbol, unknown))]);
    }

    private ResolutionStep? MatchRecord(AvroRecord reader, AvroRecord writer, string path, List<SchemaMismatch> found)
    {
        (AvroRecord Reader, AvroRecord Writer) pair = (reader, writer);
        if (_records.TryGetValue(pair, out (ResolutionStep? Step, SchemaMismatch? Why) known))
        {
            found.AddRange(known.Why is null ? [] : [known.Why]);
            return known.Step;
        }

        CopyRecord record = new();
        _records.Add(pair, (record, null));
        int matchingBefore = _matching.Count;
        _matching.Add(pair);
        List<SchemaMismatch> own = [];
        CopiedField[]? fields = MatchFields(reader, writer, path, own);
        if (fields is not null)
        {
            record.Complete([.. writer.Fields.Select(field => AvroSkip.Compile(field.Schema, _skips))], fields);
        }

        ResolutionStep? step = fields is null ? null : record;
        if (own.Count > 0)
        {
            // This pair was taken to match, and the pairs found to match since then may depend on it. They are forgotten together with it.
            for (int i = matchingBefore; i < _matching.Count; i++)
            {
                _records.Remove(_matching[i]);
            }

            _matching.RemoveRange(matchingBefore, _matching.Count - matchingBefore);
            _records[pair] = (step, own[0]);
            found.AddRange(own);
        }

        return step;
    }

    /// <summary>Null when a field of the reader can have no value.</summary>
    private CopiedField[]? MatchFields(AvroRecord reader, AvroRecord writer, string path, List<SchemaMismatch> found)
    {
        Take(writer.Fields.Count);
        Dictionary<string, int> written = writer.Fields.Select((field, i) => (field.Name, i)).ToDictionary(StringComparer.Ordinal);
        CopiedField?[] fields = new CopiedField?[reader.Fields.Count];
        for (int i = 0; i < fields.Length; i++)
        {
            AvroField field = reader.Fields[i];
            string fieldPath = $"{path}/fields/{i}";
            string? source = new[] { field.Name }.Concat(field.Aliases).FirstOrDefault(written.ContainsKey);
            if (source is not null)
            {
                int index = written[source];
                fields[i] = Match(field.Schema, writer.Fields[index].Schema, fieldPath + "/type", found) is { } step
                    ? new CopiedField(index, step)
                    : null;
            }
            else if (field.Default is { } value)
            {
                fields[i] = new CopiedField(CopiedField.Absent, new WriteDefault(field.Schema, value));
            }
            else
            {
                Refuse(
                    found, "READER_FIELD_MISSING_DEFAULT_VALUE", fieldPath,
                    $"the field \"{field.Name}\" has no default and the writer does not write it");
            }
        }

        return fields.Any(field => field is null) ? null : [.. fields.Select(field => field!.Value)];
    }

    private static ResolutionStep? Promotion(AvroKind writer, AvroKind reader) => (writer, reader) switch
    {
        (AvroKind.Null, AvroKind.Null) => new CopyFixed(0),
        (AvroKind.Boolean, AvroKind.Boolean) => new CopyBoolean(),
        (AvroKind.Int, AvroKind.Int or AvroKind.Long) => new CopyInt(asLong: reader == AvroKind.Long),
        (AvroKind.Long, AvroKind.Long) => new CopyLong(),
        (AvroKind.Float, AvroKind.Float) => new CopyFixed(sizeof(float)),
        (AvroKind.Double, AvroKind.Double) => new CopyFixed(sizeof(double)),
        (AvroKind.Int or AvroKind.Long, AvroKind.Float) => new IntegerAsFloat(),
        (AvroKind.Int or AvroKind.Long, AvroKind.Double) => new IntegerAsDouble(),
        (AvroKind.Float, AvroKind.Double) => new FloatAsDouble(),
        (AvroKind.Bytes or AvroKind.String, AvroKind.Bytes) => new CopyBytes(),
        (AvroKind.Bytes or AvroKind.String, AvroKind.String) => new CopyText(),
        _ => null,
    };

    private static ResolutionStep? Refuse(List<SchemaMismatch> found, string reason, string path, string message)
    {
        found.Add(new SchemaMismatch(reason, path, message));
        return null;
    }
}
