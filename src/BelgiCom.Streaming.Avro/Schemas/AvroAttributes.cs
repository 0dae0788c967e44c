using System.Numerics;
using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>Attributes of a type besides its structure: logical types, and attributes that only other tools understand.</summary>
internal static class AvroAttributes
{
    private static readonly Dictionary<string, AvroKind> LogicalBase = new(StringComparer.Ordinal)
    {
        ["date"] = AvroKind.Int,
        ["time-millis"] = AvroKind.Int,
        ["time-micros"] = AvroKind.Long,
        ["timestamp-millis"] = AvroKind.Long,
        ["timestamp-micros"] = AvroKind.Long,
        ["timestamp-nanos"] = AvroKind.Long,
        ["local-timestamp-millis"] = AvroKind.Long,
        ["local-timestamp-micros"] = AvroKind.Long,
        ["local-timestamp-nanos"] = AvroKind.Long,
    };

    /// <summary>The attributes except the named ones, sorted, so that their order makes no new schema.</summary>
    public static IReadOnlyList<KeyValuePair<string, JsonElement>> Other(JsonElement json, params ReadOnlySpan<string> known)
    {
        List<KeyValuePair<string, JsonElement>> other = new();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                other.Add(new(property.Name, property.Value));
            }
        }

        other.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return other;
    }

    /// <summary>
    /// The logical type when it is known and fits <paramref name="kind"/>; else null, as Avro 1.12 asks. Size in octets, for fixed.
    /// </summary>
    public static AvroLogicalType? Logical(JsonElement json, AvroKind kind, int size)
    {
        if (!json.TryGetProperty("logicalType", out JsonElement logical) || logical.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        string name = logical.GetString()!;
        return name switch
        {
            "decimal" => Decimal(json, kind, size),
            "uuid" when kind == AvroKind.String || (kind == AvroKind.Fixed && size == 16) => new(name),
            "duration" when kind == AvroKind.Fixed && size == 12 => new(name),
            _ => LogicalBase.TryGetValue(name, out AvroKind expected) && expected == kind ? new(name) : null,
        };
    }

    private static AvroLogicalType? Decimal(JsonElement json, AvroKind kind, int size)
    {
        int scale = 0;
        bool valid = (kind is AvroKind.Bytes or AvroKind.Fixed)
            & Number(json, "precision", out int precision)
            & (!json.TryGetProperty("scale", out _) || Number(json, "scale", out scale));
        valid = valid && precision > 0 && scale >= 0 && scale <= precision;
        return valid && (kind == AvroKind.Bytes || precision <= DigitsIn(size)) ? new("decimal", precision, scale) : null;
    }

    private static bool Number(JsonElement json, string attribute, out int value)
    {
        value = 0;
        return json.TryGetProperty(attribute, out JsonElement number) && number.ValueKind == JsonValueKind.Number
            && number.TryGetInt32(out value);
    }

    /// <summary>Decimal digits that always fit in this number of octets of two's complement: floor(log10(2^(8n-1) - 1)).</summary>
    private static int DigitsIn(int octets)
    {
        // 64 octets hold 153 digits, more than any amount needs, so no larger power of two is computed for a schema from outside.
        BigInteger largest = octets == 0 ? BigInteger.Zero : BigInteger.Pow(2, (8 * Math.Min(octets, 64)) - 1) - 1;
        return largest.IsZero ? 0 : largest.ToString(System.Globalization.CultureInfo.InvariantCulture).Length - 1;
    }
}
