using System.Text;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The name of a data network as a number: 64 bits of FNV-1a over its letters in lower case, so that usage stays a plain value. 0 is none.
/// </summary>
internal static class DataNetworkName
{
    private const ulong Basis = 14_695_981_039_346_656_037;
    private const ulong Prime = 1_099_511_628_211;

    public static ulong Of(string name) => Of(Encoding.UTF8.GetBytes(name));

    public static ulong Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return 0;
        }

        ulong hash = Basis;
        foreach (byte letter in utf8)
        {
            byte lower = letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter + 32) : letter;
            hash = (hash ^ lower) * Prime;
        }

        return hash;
    }
}
