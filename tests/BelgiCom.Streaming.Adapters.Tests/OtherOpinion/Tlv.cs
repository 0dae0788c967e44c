namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// One BER element (ITU-T X.690): its tag, and either its octets or the elements inside it. The other opinion reads files into these, and
/// the mutations change them and write them again.
/// </summary>
internal sealed class Tlv(int tagClass, int number, byte[]? octets, List<Tlv> children)
{
    public const int Universal = 0;
    public const int Context = 2;
    public const int Private = 3;

    public int TagClass { get; } = tagClass;

    public int Number { get; } = number;

    /// <summary>Content of a primitive element; null when it is constructed.</summary>
    public byte[]? Octets { get; set; } = octets;

    /// <summary>Elements inside a constructed element, in the order of the file.</summary>
    public List<Tlv> Children { get; } = children;

    /// <summary>The octets of a primitive element; none of a constructed one.</summary>
    public byte[] Content => Octets ?? [];

    /// <summary>The first element inside that has this context tag.</summary>
    public Tlv? this[int contextTag] => Children.Find(child => child.TagClass == Context && child.Number == contextTag);

    public static Tlv Primitive(int number, params byte[] octets) => new(Context, number, octets, []);

    public static Tlv Constructed(int number, params IEnumerable<Tlv> children) => new(Context, number, null, [.. children]);

    /// <summary>A member of a SEQUENCE OF whose type is a SEQUENCE.</summary>
    public static Tlv Sequence(params IEnumerable<Tlv> children) => new(Universal, 16, null, [.. children]);

    public Tlv Clone() => new(TagClass, Number, Octets, [.. Children.Select(child => child.Clone())]);

    /// <summary>Reads the element that begins at <paramref name="at"/> and moves behind it.</summary>
    /// <exception cref="FormatException">The octets are no element.</exception>
    public static Tlv Read(ReadOnlySpan<byte> file, ref int at)
    {
        int first = Next(file, ref at);
        int number = first & 0x1f;
        if (number == 0x1f)
        {
            number = 0;
            int part;
            do
            {
                part = Next(file, ref at);
                number = checked((number << 7) | (part & 0x7f));
            }
            while (part >= 0x80);
        }

        int length = Next(file, ref at);
        bool isIndefinite = length == 0x80;
        if (length > 0x80)
        {
            int octetsOfLength = length & 0x7f;
            length = 0;
            for (int i = 0; i < octetsOfLength; i++)
            {
                length = checked((length << 8) | Next(file, ref at));
            }
        }

        if ((first & 0x20) == 0)
        {
            byte[] content = Within(file, at, length).ToArray();
            at += length;
            return new Tlv(first >> 6, number, isIndefinite ? throw new FormatException("Primitive of indefinite length.") : content, []);
        }

        Tlv element = new(first >> 6, number, null, []);
        if (isIndefinite)
        {
            while (Within(file, at, 2) is not [0, 0])
            {
                element.Children.Add(Read(file, ref at));
            }

            at += 2;
            return element;
        }

        ReadOnlySpan<byte> inside = Within(file, at, length);
        for (int position = 0; position < length;)
        {
            element.Children.Add(Read(inside, ref position));
        }

        at += length;
        return element;
    }

    private static int Next(ReadOnlySpan<byte> file, ref int at) =>
        at < file.Length ? file[at++] : throw new FormatException("The element ends after the file.");

    private static ReadOnlySpan<byte> Within(ReadOnlySpan<byte> file, int at, int length) =>
        length <= file.Length - at ? file.Slice(at, length) : throw new FormatException("The element ends after the file.");
}
