namespace BelgiCom.Streaming.Adapters;

/// <summary>The byte order mark that some writers put before UTF-8 text. It is no part of the text.</summary>
internal static class ByteOrderMark
{
    /// <summary>The mark in UTF-8.</summary>
    public static ReadOnlySpan<byte> Utf8 => "\uFEFF"u8;

    /// <summary>The text after the mark, or all of it when there is none.</summary>
    public static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> text) => text.StartsWith(Utf8) ? text[Utf8.Length..] : text;
}
