using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts.Generator;

/// <summary>A hot record as a ref struct over its encoded octets.</summary>
internal static class ViewTemplate
{
    // Records that are also read from files of many of them.
    private static readonly string[] FiledRecords = ["UsageReceived"];

    public static void Write(CSharpText text, AvroRecord record, bool entryPoints, SharedRun[] runs)
    {
        (AvroField Field, TypeMap Map, bool Optional)[] members = [.. record.Fields.Select(Member)];
        string view = $"{record.Name.Simple}View";
        text.Line("");
        text.Summary(record.Doc!);
        text.Line("/// <remarks>");
        text.Line("/// The record without allocation: text and octets are spans of the body that was read, and die with it.");
        text.Line("/// Set every property before writing; nothing here takes the schema's defaults.");
        text.Line("/// </remarks>");
        text.Open($"public ref struct {view} : {(entryPoints ? "IAvroRecord" : "IAvroItem")}<{view}>");
        WriteProperties(text, members);
        WriteRuns(text, record, runs);
        WriteMaxSize(text, members, [.. runs.Where(run => run.Writer == record.Name.Simple)]);
        text.Line("");
        if (entryPoints)
        {
            WriteTryRead(text, record, members, runs);
            WriteWrite(text);
            RecordTemplate.WriteInterface(text, view, record.Name.Simple);
        }
        else
        {
            WriteReadFrom(text, record, members, runs);
            WriteItem(text, view);
        }

        WriteWriteTo(text, members, [.. runs.Where(run => run.Writer == record.Name.Simple)]);
        text.Close();
    }

    private static (AvroField, TypeMap, bool) Member(AvroField field)
    {
        AvroUnion? union = field.Schema as AvroUnion;
        return (field, TypeMap.OfView(union is null ? field.Schema : TypeMap.PresentBranch(union)), union is not null);
    }

    // With fewer numbers the look-ahead does not pay, because it costs as much as two of them.
    private const int FewestNumbers = 3;

    private static string Name((AvroField Field, TypeMap Map, bool Optional) member) =>
        RecordTemplate.PropertyName(member.Field) + member.Map.Suffix;

    private static void WriteProperties(CSharpText text, (AvroField Field, TypeMap Map, bool Optional)[] members)
    {
        foreach ((AvroField Field, TypeMap Map, bool Optional) member in members)
        {
            if (member.Optional)
            {
                text.Summary($"Whether {Name(member)} is present.");
                text.Line($"public bool Has{Name(member)} {{ get; set; }}");
                text.Line("");
            }

            text.Summary(member.Field.Doc + UnitOf(member.Map.Suffix));
            text.Line($"public {member.Map.CSharp} {Name(member)} {{ get; set; }}");
            text.Line("");
        }
    }

    private static void WriteRuns(CSharpText text, AvroRecord record, SharedRun[] runs)
    {
        foreach (SharedRun run in runs)
        {
            string fields = $"{run.First} to {run.Last}";
            text.Summary(run.Reader == record.Name.Simple
                ? $"The octets that the fields {fields} were read from, for the same fields of {run.Writer}; empty when nothing was read."
                : $"The octets of the fields {fields} as a {run.Reader} has them; when not empty, they are written instead of the fields.");
            text.Line($"public ReadOnlySpan<byte> {run.Name} {{ get; {(run.Reader == record.Name.Simple ? "private set" : "set")}; }}");
            text.Line("");
        }
    }

    private static string UnitOf(string suffix) => suffix switch
    {
        "Milliseconds" => " In milliseconds since 1970-01-01T00:00Z.",
        "Days" => " In days since 1970-01-01.",
        "Nanos" => " In nano-units.",
        "Octets" => " The octets of the whole array, which AvroItems reads and AvroItemsWriter writes; none for an array without items.",
        _ => "",
    };

    /// <summary>
    /// Reads into a view of the caller: a view has hundreds of octets, and copying it costs as much as decoding several fields.
    /// </summary>
    private static void WriteTryRead(
        CSharpText text, AvroRecord record, (AvroField Field, TypeMap Map, bool Optional)[] members, SharedRun[] runs)
    {
        string view = $"{record.Name.Simple}View";
        text.Summary(
            "Decodes a body (without the wire-format header) that was written with this schema. Never throws; false when it is not "
            + "readable.");
        text.Open($"public static bool TryRead(ReadOnlySpan<byte> body, out {view} view)");
        text.Line("AvroReader reader = new(body);");
        text.Line("Unsafe.SkipInit(out view); // Every property is set below.");
        WriteReads(text, record, members, runs);
        text.Line("return reader.TryFinish();");
        text.Close();
        text.Line("");
        WriteTryReadFirst(text, record, members, runs);
    }

    /// <summary>
    /// The same for bodies that lie one behind the other. It is written out, because a call between the two would cost every record of a
    /// topic what only files need.
    /// </summary>
    private static void WriteTryReadFirst(
        CSharpText text, AvroRecord record, (AvroField Field, TypeMap Map, bool Optional)[] members, SharedRun[] runs)
    {
        if (!FiledRecords.Contains(record.Name.Simple))
        {
            return;
        }

        text.Summary(
            "Decodes the first of the bodies that lie one behind the other, as in a container file, and says how many octets it has. Never "
            + "throws; false when it is not readable.");
        text.Open($"public static bool TryReadFirst(ReadOnlySpan<byte> bodies, out {record.Name.Simple}View view, out int length)");
        text.Line("AvroReader reader = new(bodies);");
        text.Line("Unsafe.SkipInit(out view); // Every property is set below.");
        WriteReads(text, record, members, runs);
        text.Line("length = reader.Position;");
        text.Line("return reader.Fault == AvroFault.None;");
        text.Close();
        text.Line("");
    }

    private static void WriteReadFrom(
        CSharpText text, AvroRecord record, (AvroField Field, TypeMap Map, bool Optional)[] members, SharedRun[] runs)
    {
        string view = $"{record.Name.Simple}View";
        text.Open($"internal static {view} ReadFrom(scoped ref AvroReader reader)");
        text.Line($"{view} view = default;");
        WriteReads(text, record, members, runs);
        text.Line("return view;");
        text.Close();
        text.Line("");
    }

    private static void WriteItem(CSharpText text, string view)
    {
        text.Line($"static {view} IAvroItem<{view}>.ReadFrom(scoped ref AvroReader reader) => ReadFrom(ref reader);");
        text.Line("");
        text.Line($"void IAvroItem<{view}>.WriteTo(ref AvroWriter writer) => WriteTo(ref writer);");
        text.Line("");
    }

    private static void WriteReads(
        CSharpText text, AvroRecord record, (AvroField Field, TypeMap Map, bool Optional)[] members, SharedRun[] runs)
    {
        foreach (SharedRun run in runs.Where(run => run.Writer == record.Name.Simple))
        {
            text.Line($"view.{run.Name} = default;");
        }

        SharedRun[] passed = [.. runs.Where(run => run.Reader == record.Name.Simple)];
        int numbers = 0;
        for (int i = 0; i < members.Length; i++)
        {
            (AvroField Field, TypeMap Map, bool Optional) member = members[i];
            foreach (SharedRun run in passed.Where(run => run.First == member.Field.Name))
            {
                text.Line($"int {run.Start} = reader.Position;");
            }

            // One look-ahead finds a whole run of numbers, and the fields of the run then count what is left of it.
            if (numbers == 0 && NumbersFrom(members, i) is var found and >= FewestNumbers)
            {
                text.Line($"reader.FindNumbers({TypeMap.Number(found)});");
                numbers = found;
            }

            WriteRead(text, member, isFound: numbers > 0);
            numbers = Math.Max(0, numbers - 1);
            foreach (SharedRun run in passed.Where(run => run.Last == member.Field.Name))
            {
                text.Line($"view.{run.Name} = reader.Since({run.Start});");
            }
        }
    }

    private static void WriteRead(CSharpText text, (AvroField Field, TypeMap Map, bool Optional) member, bool isFound)
    {
        if (!member.Optional)
        {
            string read = isFound ? member.Map.Read.Replace("reader.Read", "reader.Next", StringComparison.Ordinal) : member.Map.Read;
            text.Line($"view.{Name(member)} = {read};");
            return;
        }

        text.Line($"view.Has{Name(member)} = reader.ReadIsPresent();");
        text.Line($"view.{Name(member)} = view.Has{Name(member)} ? {member.Map.Read} : default;");
    }

    /// <summary>
    /// Whether the look-ahead finds it. It does not look for enums: their one octet is read by a branch that the processor always guesses
    /// right.
    /// </summary>
    private static int NumbersFrom((AvroField Field, TypeMap Map, bool Optional)[] members, int first) =>
        members.Skip(first).TakeWhile(IsNumber).Count();

    private static bool IsNumber((AvroField Field, TypeMap Map, bool Optional) member) =>
        !member.Optional && member.Field.Schema.Kind is AvroKind.Long or AvroKind.Int && member.Map.Suffix != "Days";

    private static void WriteWrite(CSharpText text)
    {
        text.Summary("Encodes this record (without the wire-format header) and returns how many octets that took, at most MaxSize.");
        text.Line("/// <exception cref=\"ArgumentException\">The destination is shorter than MaxSize.</exception>");
        text.Line("/// <exception cref=\"OverflowException\">An amount does not fit in decimal(18,9).</exception>");
        text.Open("public readonly int Write(Span<byte> destination)");
        text.Line("AvroWriter writer = AvroWriter.WithRoom(destination, MaxSize);");
        text.Line("WriteTo(ref writer);");
        text.Line("return writer.Written;");
        text.Close();
        text.Line("");
    }

    private static void WriteMaxSize(CSharpText text, (AvroField Field, TypeMap Map, bool Optional)[] members, SharedRun[] taken)
    {
        // A span adds its length to the prefix; an optional part adds the index of its union.
        int constant = members.Sum(member =>
            member.Map.MaxOctets + (member.Map.Size.EndsWith(".Length", StringComparison.Ordinal) ? 5 : 0) + (member.Optional ? 1 : 0));
        string[] parts =
        [
            .. members.Where(member => member.Map.MaxOctets == 0).Select(member => member.Optional
                ? $"(Has{Name(member)} ? {TypeMap.Format(member.Map.Size, Name(member))} : 0)"
                : TypeMap.Format(member.Map.Size, Name(member))),
            .. taken.Select(run => $"{run.Name}.Length"),
        ];
        text.Summary("Octets that writing takes at most.");
        RecordTemplate.WriteSum(text, "public readonly int MaxSize", constant, parts);
    }

    private static void WriteWriteTo(CSharpText text, (AvroField Field, TypeMap Map, bool Optional)[] members, SharedRun[] taken)
    {
        text.Open("internal readonly void WriteTo(ref AvroWriter writer)");
        foreach ((AvroField Field, TypeMap Map, bool Optional) member in members)
        {
            foreach (SharedRun run in taken.Where(run => run.First == member.Field.Name))
            {
                text.Line($"writer.WriteFixed({run.Name});");
                text.Open($"if ({run.Name}.IsEmpty)");
            }

            RecordTemplate.WriteValue(text, member.Optional ? $"Has{Name(member)}" : null, TypeMap.Format(member.Map.Write, Name(member)));
            foreach (SharedRun _ in taken.Where(run => run.Last == member.Field.Name))
            {
                text.Close();
                text.Line("");
            }
        }

        text.Close();
    }
}
