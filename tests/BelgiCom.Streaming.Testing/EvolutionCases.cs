namespace BelgiCom.Streaming.Testing;

/// <summary>One change of a schema, and whether Avro 1.12 "Schema Resolution" lets the new one read what the old one wrote.</summary>
/// <param name="Name">What changes.</param>
/// <param name="Old">Writer's schema.</param>
/// <param name="New">Reader's schema.</param>
/// <param name="Readable">Verdict of the specification, or ours where it is silent.</param>
/// <param name="ElsewhereReadable">Verdict of Apicurio Registry 3.0 where it is another one; see <see cref="EvolutionCases"/>.</param>
public sealed record EvolutionCase(string Name, string Old, string New, bool Readable, bool? ElsewhereReadable = null);

/// <summary>
/// The table of changes. Apicurio (Avro's Java library) gives the same verdict on every line but these: it looks only at the underlying
/// types, so it accepts a decimal of another scale or precision, milliseconds as microseconds and a plain number as a time. The
/// specification says that decimals match only with equal scale and precision; for times it is silent, and we refuse, as the platform's
/// readers do, because the reader would get wrong values without an error: an amount or a time wrong by a factor of a thousand.
/// </summary>
public static class EvolutionCases
{
    private const string Millis = """{"type":"long","logicalType":"timestamp-millis"}""";
    private const string Micros = """{"type":"long","logicalType":"timestamp-micros"}""";
    private const string Date = """{"type":"int","logicalType":"date"}""";
    private const string Amount = """{"type":"bytes","logicalType":"decimal","precision":18,"scale":9}""";
    private const string EnumAB = """{"type":"enum","name":"E","symbols":["A","B"]}""";
    private const string EnumABC = """{"type":"enum","name":"E","symbols":["A","B","C"]}""";
    private const string Tree = """{"name":"next","type":["null","R"],"default":null}""";

    public static IReadOnlyList<EvolutionCase> All { get; } =
    [
        new("unchanged", Record(Field("a", "int")), Record(Field("a", "int")), true),
        new(
            "field added with default", Record(Field("a", "int")), Record(Field("a", "int"), """{"name":"b","type":"int","default":0}"""),
            true),
        new("field added without default", Record(Field("a", "int")), Record(Field("a", "int"), Field("b", "int")), false),
        new(
            "nullable field added without default", Record(Field("a", "int")),
            Record(Field("a", "int"), """{"name":"b","type":["null","int"]}"""), false),
        new("field removed", Record(Field("a", "int"), Field("b", "int")), Record(Field("a", "int")), true),
        new("field renamed", Record(Field("a", "int")), Record(Field("b", "int")), false),
        new("field renamed with alias", Record(Field("a", "int")), Record("""{"name":"b","type":"int","aliases":["a"]}"""), true),
        new(
            "field renamed with alias and another type", Record(Field("a", "int")),
            Record("""{"name":"b","type":"string","aliases":["a"]}"""), false),
        new(
            "fields in another order", Record(Field("a", "int"), Field("b", "string")), Record(Field("b", "string"), Field("a", "int")),
            true),
        new("doc changed", Record("""{"name":"a","type":"int","doc":"x"}"""), Record("""{"name":"a","type":"int","doc":"y"}"""), true),
        new(
            "default changed", Record("""{"name":"a","type":"int","default":1}"""), Record("""{"name":"a","type":"int","default":2}"""),
            true),
        Change("int to long", "int", "long", true),
        Change("int to float", "int", "float", true),
        Change("int to double", "int", "double", true),
        Change("long to float", "long", "float", true),
        Change("long to double", "long", "double", true),
        Change("float to double", "float", "double", true),
        Change("long to int", "long", "int", false),
        Change("double to float", "double", "float", false),
        Change("float to long", "float", "long", false),
        Change("string to bytes", "string", "bytes", true),
        Change("bytes to string", "bytes", "string", true),
        Change("int to string", "int", "string", false),
        Change("boolean to int", "boolean", "int", false),
        Change("null to int", "null", "int", false),
        Change("type to union with it", "int", """["null","int"]""", true),
        Change("type to union with its promotion", "int", """["null","long"]""", true),
        Change("type to union without it", "int", """["null","string"]""", false),
        Change("union to one branch", """["null","int"]""", "int", false),
        Change("union of one to its type", """["int"]""", "int", true),
        Change("union gains a branch", """["null","int"]""", """["null","int","string"]""", true),
        Change("union loses a branch", """["null","int","string"]""", """["null","int"]""", false),
        Change("union in another order", """["int","string"]""", """["string","int"]""", true),
        Change("union promotes a branch", """["null","int"]""", """["null","long"]""", true),
        Change("enum gains a symbol", EnumAB, EnumABC, true),
        Change("enum loses a symbol", EnumABC, EnumAB, false),
        Change("enum with default loses a symbol", EnumABC, """{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}""", true),
        Change("enum renamed", EnumAB, """{"type":"enum","name":"F","symbols":["A","B"]}""", false),
        Change("enum renamed with alias", EnumAB, """{"type":"enum","name":"F","symbols":["A","B"],"aliases":["n.E"]}""", true),
        Change("enum to string", EnumAB, "string", false),
        Change(
            "fixed keeps its size", """{"type":"fixed","name":"F","size":16}""", """{"type":"fixed","name":"F","size":16,"doc":"x"}""",
            true),
        Change("fixed changes its size", """{"type":"fixed","name":"F","size":16}""", """{"type":"fixed","name":"F","size":8}""", false),
        Change("fixed renamed", """{"type":"fixed","name":"F","size":16}""", """{"type":"fixed","name":"G","size":16}""", false),
        Change("fixed to bytes", """{"type":"fixed","name":"F","size":16}""", "bytes", false),
        Change("array items promoted", """{"type":"array","items":"int"}""", """{"type":"array","items":"long"}""", true),
        Change("array items changed", """{"type":"array","items":"int"}""", """{"type":"array","items":"string"}""", false),
        Change("map values promoted", """{"type":"map","values":"int"}""", """{"type":"map","values":"double"}""", true),
        Change("map values changed", """{"type":"map","values":"int"}""", """{"type":"map","values":"boolean"}""", false),
        Change("array to map", """{"type":"array","items":"int"}""", """{"type":"map","values":"int"}""", false),
        new("record renamed", Record(Field("a", "int")), Record(Field("a", "int")).Replace("\"R\"", "\"S\""), false),
        new(
            "record renamed with alias", Record(Field("a", "int")),
            Record(Field("a", "int")).Replace("\"R\"", "\"S\",\"aliases\":[\"n.R\"]"), true),
        new("namespace changed", Record(Field("a", "int")), Record(Field("a", "int")).Replace("\"n\"", "\"m\""), true),
        Change("inner record gains a field with default", Inner(""), Inner(""","default":0"""), true),
        Change("inner record gains a field without default", """{"type":"record","name":"I","fields":[]}""", Inner(""), false),
        Change("inner record in a union gains a field without default",
            """["null",{"type":"record","name":"I","fields":[]}]""", $"""["null",{Inner("")}]""", false),
        new("recursive record gains a field with default", Record(Tree), Record(Tree, """{"name":"b","type":"int","default":0}"""), true),
        new("recursive record changes a type", Record(Tree, Field("a", "int")), Record(Tree, Field("a", "string")), false),
        Change("decimal unchanged", Amount, Amount, true),
        Change("decimal of another scale", Amount, Amount.Replace("\"scale\":9", "\"scale\":6"), false, elsewhere: true),
        Change("decimal of another precision", Amount, Amount.Replace("18", "20"), false, elsewhere: true),
        Change(
            "decimal from bytes to fixed", Amount,
            """{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":18,"scale":9}""", false),
        Change("milliseconds to microseconds", Millis, Micros, false, elsewhere: true),
        Change("date to milliseconds", Date, Millis, false, elsewhere: true),
        Change("logical type added", "long", Millis, false, elsewhere: true),
        Change("logical type added that changes no value", "string", """{"type":"string","logicalType":"uuid"}""", true),
        Change("logical type removed", Millis, "long", true),
    ];

    private static EvolutionCase Change(string name, string from, string to, bool readable, bool? elsewhere = null) =>
        new(name, Record(Field("a", from)), Record(Field("a", to)), readable, elsewhere);

    private static string Record(params string[] fields) =>
        $$"""{"type":"record","name":"R","namespace":"n","fields":[{{string.Join(',', fields)}}]}""";

    private static string Field(string name, string type) =>
        $$"""{"name":"{{name}}","type":{{(type[0] is '{' or '[' ? type : $"\"{type}\"")}}}""";

    private static string Inner(string defaultValue) =>
        $$"""{"type":"record","name":"I","fields":[{"name":"x","type":"int"{{defaultValue}}}]}""";
}
