using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>The primitive types of TS 32.298, each as the value it stands for; null where the element is absent.</summary>
internal static class CdrValues
{
    private const int PlanE164 = 1;

    public static long? Integer(Tlv? element) => element is null ? null : (long)new BigInteger(element.Content, isBigEndian: true);

    /// <summary>
    /// A chargingID or ratingGroup has 32 bits and no sign; some writers leave out the leading octet of zeros that says so.
    /// </summary>
    public static long? Unsigned32(Tlv? element) => Integer(element) is { } value ? value < 0 ? value + (1L << 32) : value : null;

    public static string? Text(Tlv? element) => element is null ? null : Encoding.Latin1.GetString(element.Content);

    public static string? Hex(Tlv? element) => element is null ? null : Convert.ToHexString(element.Content);

    /// <summary>
    /// Reads an IPAddress, which is a choice, as the tag and the octets of its alternative, so that one address is one text.
    /// </summary>
    public static string? Address(Tlv? element) =>
        element is null ? null : string.Join(',', element.Children.Select(child => $"{child.Number}:{Hex(child)}"));

    /// <summary>TimeStamp: BCD YYMMDDhhmmss, a sign in ASCII, BCD hhmm.</summary>
    public static DateTimeOffset? Time(Tlv? element)
    {
        if (element is null)
        {
            return null;
        }

        byte[] octets = element.Content;
        int[] bcd = [.. octets.Select(octet => ((octet >> 4) * 10) + (octet & 15))];
        TimeSpan offset = new(bcd[7], bcd[8], 0);
        return new DateTimeOffset(2000 + bcd[0], bcd[1], bcd[2], bcd[3], bcd[4], bcd[5], octets[6] == '-' ? -offset : offset);
    }

    /// <summary>TBCD has two digits in an octet, the low half first, and f as filler. The result is null when a half is no digit.</summary>
    public static string? Digits(ReadOnlySpan<byte> octets)
    {
        string halves = string.Concat(Convert.ToHexString(octets).Chunk(2).Select(pair => $"{pair[1]}{pair[0]}")).TrimEnd('F');
        return halves.Length > 0 && halves.All(char.IsAsciiDigit) ? halves : null;
    }

    public static string? Imsi(Tlv? element) => element is null ? null : Digits(element.Content);

    /// <summary>An AddressString begins with type of number and numbering plan; only plan 1 is E.164.</summary>
    public static string? Msisdn(Tlv? element) =>
        element is { Content: [byte type, _, ..] } && (type & 15) == PlanE164 ? Digits(element.Content.AsSpan(1)) : null;

    public static string? Plmn(Tlv? element) => element is null ? null : Plmn(element.Content);

    /// <summary>PLMN-Id: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1; MNC3 is f where the network code has two digits.</summary>
    public static string? Plmn(ReadOnlySpan<byte> octets)
    {
        if (octets.Length != 3)
        {
            return null;
        }

        string hex = Convert.ToHexString(octets);
        string digits = $"{hex[1]}{hex[0]}{hex[3]}{hex[5]}{hex[4]}{hex[2]}".TrimEnd('F');
        return digits.Length >= 5 && digits.All(char.IsAsciiDigit) ? digits : null;
    }

    /// <summary>
    /// The network of a User Location Information as TS 29.274 8.21 has it: an octet of flags, then CGI, SAI, RAI of seven octets, TAI of
    /// five, ECGI of seven, LAI of five, each present as flagged and beginning with its PLMN. TAI and ECGI are looked at first, because the
    /// format guide names them.
    /// </summary>
    public static string? PlmnOfLocation(Tlv? element)
    {
        if (element is not { Content: [byte flags, ..] octets })
        {
            return null;
        }

        int[] lengths = [7, 7, 7, 5, 7, 5];
        string?[] networks = new string?[lengths.Length];
        int at = 1;
        for (int kind = 0; kind < lengths.Length; kind++)
        {
            if ((flags >> kind & 1) == 0)
            {
                continue;
            }

            if (octets.Length - at < lengths[kind])
            {
                return null;
            }

            networks[kind] = Plmn(octets.AsSpan(at, 3));
            at += lengths[kind];
        }

        return networks[3] ?? networks[4] ?? networks[0] ?? networks[1] ?? networks[2] ?? networks[5];
    }

    /// <summary>
    /// The network of a UserLocation of TS 29.571: that of the tracking area, else that of the cell, of the NR, E-UTRA or other access.
    /// </summary>
    public static string? PlmnOfLocation(JsonElement? location) =>
        Plmn(location?.At("nrLocation", "tai", "plmnId")) ?? Plmn(location?.At("nrLocation", "ncgi", "plmnId"))
        ?? Plmn(location?.At("eutraLocation", "tai", "plmnId")) ?? Plmn(location?.At("eutraLocation", "ecgi", "plmnId"))
        ?? Plmn(location?.At("n3gaLocation", "n3gppTai", "plmnId"));

    public static string? Plmn(JsonElement? plmn) =>
        plmn?.At("mcc")?.GetString() is { } mcc && plmn?.At("mnc")?.GetString() is { } mnc ? mcc + mnc : null;

    /// <summary>A member some levels down. One open implementation writes names in another case, so they are read without it.</summary>
    public static JsonElement? At(this JsonElement element, params string[] path)
    {
        JsonElement here = element;
        foreach (string name in path)
        {
            if (here.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            JsonProperty[] members = [
                .. here.EnumerateObject().Where(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
            if (members.Length == 0 || members[^1].Value.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            here = members[^1].Value;
        }

        return here;
    }

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.At(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    public static long? Integer(this JsonElement element, params string[] path) => element.At(path)?.GetInt64();

    public static string? Text(this JsonElement element, params string[] path) => element.At(path)?.GetString();

    /// <summary>
    /// Reads a time in whole seconds, because the charging function's record of the same request has no fractions (TS 32.298 5.1.2).
    /// </summary>
    public static DateTimeOffset? Time(this JsonElement element, params string[] path)
    {
        DateTimeOffset? time = element.At(path)?.GetString() is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) : null;
        return time - TimeSpan.FromTicks((time?.Ticks ?? 0) % TimeSpan.TicksPerSecond);
    }
}
