using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts.Generator;

/// <summary>
/// A run of fields that follow each other in two records, under the same names and of the same types. One record's view gives the octets of
/// the run, and the other's writes them as they are, which costs a tenth of encoding the fields again.
/// </summary>
/// <param name="Name">Name of the run; the views have a property of this name.</param>
/// <param name="First">First field.</param>
/// <param name="Last">Last field.</param>
/// <param name="Reader">Record whose view gives the octets.</param>
/// <param name="Writer">Record whose view takes them.</param>
internal sealed record SharedRun(string Name, string First, string Last, string Reader, string Writer)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<SharedRun> All { get; } =
    [
        new("QuantityOctets", "utcOffsetMinutes", "ratingGroup", "UsageReceived", "UsageRated"),
        new("OriginOctets", "source", "inputHash", "UsageReceived", "UsageRated"),
    ];

    /// <summary>The runs that a record's view gives or writes.</summary>
    public static SharedRun[] Of(AvroRecord record) =>
        [.. All.Where(run => run.Reader == record.Name.Simple || run.Writer == record.Name.Simple)];

    /// <summary>Name of the local variable that holds where the run starts.</summary>
    public string Start => $"{char.ToLowerInvariant(Name[0])}{Name[1..^"Octets".Length]}Start";

    /// <summary>The fields of the run in a record.</summary>
    /// <exception cref="AvroSchemaException">The record does not have them.</exception>
    public AvroField[] FieldsOf(AvroRecord record)
    {
        AvroField[] fields = [.. record.Fields.SkipWhile(field => field.Name != First)];
        int last = Array.FindIndex(fields, field => field.Name == Last);
        return last >= 0
            ? fields[..(last + 1)]
            : throw new AvroSchemaException($"'{record.Name.FullName}' has no run of fields from '{First}' to '{Last}'.");
    }

    /// <summary>Checks that the run is the same in both records.</summary>
    /// <exception cref="AvroSchemaException">It differs.</exception>
    public void Check(AvroRecord reader, AvroRecord writer)
    {
        if (!FieldsOf(reader).Select(Shape).SequenceEqual(FieldsOf(writer).Select(Shape)))
        {
            throw new AvroSchemaException(
                $"The fields from '{First}' to '{Last}' differ between '{Reader}' and '{Writer}': their octets cannot be copied.");
        }
    }

    /// <summary>The name and the type's own text of each field: types with equal texts have equal octets.</summary>
    private static (string, string) Shape(AvroField field) => (field.Name, field.Schema.ToText());
}
