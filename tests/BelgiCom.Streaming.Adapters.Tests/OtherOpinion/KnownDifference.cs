namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// A disagreement of the two readers that is known and not mended yet. Once it is mended, its smallest file does not show it any more, a
/// test says so, and the entry goes.
/// </summary>
/// <param name="Name">What they disagree on, in a few words.</param>
/// <param name="Reason">Which rule of the format guide or specification it is about, and how each of them reads it.</param>
/// <param name="Smallest">The smallest files that show it, read one after another.</param>
/// <param name="Covers">Whether a disagreement is this one; as narrow as can be said.</param>
internal sealed record KnownDifference(string Name, string Reason, Func<byte[][]> Smallest, Func<Difference, bool> Covers)
{
    public static readonly IReadOnlyList<KnownDifference> All = [
        new(
            "number without its type octet",
            "4.2 tells such a number by its plan: mediation reads it as the digits they are, the other reader leaves it to the IMSI.",
            () => [CdrWriter.Plain(
                HandMade.Pgw(HandMade.Service(10, 1, 1, 2)).Without(22),
                HandMade.Pgw(HandMade.Service(10, 2, 1, 2)).With(Tlv.Primitive(22, 0x94, 0x51, 0x01, 0x00, 0x00, 0x10, 0xf7)))],
            difference => difference.Field == "subscriber" && difference.Record!.Doubts.Contains(GatewayRecords.NotE164)),
    ];
}
