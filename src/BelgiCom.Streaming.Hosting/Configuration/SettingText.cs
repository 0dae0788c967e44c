using System.ComponentModel;
using System.Globalization;
using System.Xml;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Turns the text of one setting into a value, the same way on every machine.</summary>
internal static class SettingText
{
    /// <summary>True for types that are written as one text, as opposed to sections and lists.</summary>
    public static bool IsScalar(Type type)
    {
        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        return bare.IsPrimitive || bare.IsEnum || bare == typeof(string) || bare == typeof(decimal) || bare == typeof(Uri)
            || bare == typeof(Guid)
            || bare == typeof(TimeSpan) || bare == typeof(DateTimeOffset) || bare == typeof(DateOnly) || bare == typeof(TimeOnly);
    }

    /// <summary>Reads <paramref name="text"/> as <paramref name="type"/>.</summary>
    /// <exception cref="FormatException">The text is no such value; the message says what is expected.</exception>
    public static object? Parse(string text, Type type)
    {
        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(string))
        {
            return text;
        }

        if (text.Length == 0 && bare != type)
        {
            return null;
        }

        try
        {
            return bare == typeof(TimeSpan) ? ParseTimeSpan(text)
                : bare.IsEnum ? ParseEnum(text, bare)
                : TypeDescriptor.GetConverter(bare).ConvertFromString(null, CultureInfo.InvariantCulture, text);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new FormatException($"'{text}' is not {Expected(bare)}", exception);
        }
    }

    private static TimeSpan ParseTimeSpan(string text)
    {
        if (text.StartsWith('P') || text.StartsWith("-P", StringComparison.Ordinal))
        {
            return XmlConvert.ToTimeSpan(text);
        }

        // TimeSpan.Parse reads a bare "30" as thirty days, which nobody who writes it means.
        return text.Contains(':', StringComparison.Ordinal)
            ? TimeSpan.Parse(text, CultureInfo.InvariantCulture)
            : throw new FormatException();
    }

    private static object ParseEnum(string text, Type type) =>
        Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse(type, text, ignoreCase: true)
            : throw new FormatException();

    private static string Expected(Type type) =>
        type == typeof(TimeSpan) ? "a time span: write hh:mm:ss or ISO 8601, for example 00:00:30 or PT30S"
        : type == typeof(bool) ? "true or false"
        : type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type))
        : type == typeof(decimal) || type == typeof(double) || type == typeof(float) ? "a number"
        : type.IsPrimitive ? "a whole number" + Range(type)
        : type == typeof(DateTimeOffset) ? "an instant: write ISO 8601, for example 2026-01-31T00:00:00Z"
        : type == typeof(DateOnly) ? "a date: write yyyy-MM-dd"
        : "a " + type.Name;

    private static string Range(Type type) =>
        type == typeof(int) ? $" from {int.MinValue} to {int.MaxValue}" : type == typeof(ushort) ? $" from 0 to {ushort.MaxValue}" : "";
}
