using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace BelgiCom.Streaming.Rating;

/// <summary>What a meter of an account or subscriber counts.</summary>
public enum MeterKind
{
    /// <summary>Units drawn from a bundle.</summary>
    Bundle = 1,

    /// <summary>Units priced in a period, and what was charged for them.</summary>
    Period = 2,

    /// <summary>When the newest pass was opened, and when it ends.</summary>
    Pass = 3,

    /// <summary>Passes opened in a month.</summary>
    Passes = 4,

    /// <summary>Messages before a pass: when the first was sent, and how many.</summary>
    FreeMessages = 5,

    /// <summary>Spend that no balance holds, in a scope of limits.</summary>
    Spend = 6,

    /// <summary>Whether a step of a limit was sent, and at what spend.</summary>
    LimitStep = 7,

    /// <summary>Units that a bundle covered in its fair use zone.</summary>
    FairUse = 8,

    /// <summary>Corrections taken, so that each is taken once.</summary>
    Corrections = 9,

    /// <summary>Units drawn from a bundle that a top-up brought; its number is that of a bundle, spread by that of the grant.</summary>
    TopUp = 10,

    /// <summary>Units that were carried into a month and granted some months before it.</summary>
    Carried = 11,
}

/// <summary>Numbers of meters: 64 bits of SHA-256 over kind and name, so that they are the same in every process and version.</summary>
internal static class MeterId
{
    public static ulong Of(MeterKind kind, string name)
    {
        byte[] octets = [(byte)kind, .. Encoding.UTF8.GetBytes(name)];
        return BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(octets));
    }
}
