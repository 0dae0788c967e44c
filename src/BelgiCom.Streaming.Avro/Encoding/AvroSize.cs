using System.Text;

namespace BelgiCom.Streaming.Avro;

/// <summary>Upper bounds, in octets, of the encoded parts of a record.</summary>
internal static class AvroSize
{
    /// <summary>Length prefix or block count: an int in zigzag base 128.</summary>
    public const int Prefix = 5;

    /// <summary>A string with its length.</summary>
    public static int Of(string text) => Prefix + Encoding.UTF8.GetByteCount(text);

    /// <summary>Octets with their length.</summary>
    public static int Of(byte[] octets) => Prefix + octets.Length;

    /// <summary>An array: one block and the closing 0.</summary>
    public static int Of<T>(IReadOnlyList<T> items, Func<T, int> sizeOfItem)
    {
        int size = Prefix + 1;
        for (int i = 0; i < items.Count; i++)
        {
            size += sizeOfItem(items[i]);
        }

        return size;
    }
}
