using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts.Generator;

/// <summary>An Avro enum as a C# enum whose values are the indexes of the symbols.</summary>
internal static class EnumTemplate
{
    public static string Write(AvroEnum type)
    {
        CSharpText text = new($"the Avro enum {type.Name.FullName}");
        text.Summary(type.Doc!);
        text.Open($"public enum {type.Name.Simple}");
        for (int i = 0; i < type.Symbols.Count; i++)
        {
            text.Summary($"{type.Symbols[i]}.");
            text.Line($"{MemberName(type.Symbols[i])} = {i},");
        }

        text.Close();
        return text.ToString();
    }

    /// <summary>DATA_BUNDLE_80_PERCENT becomes DataBundle80Percent.</summary>
    public static string MemberName(string symbol) =>
        string.Concat(symbol.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));
}
