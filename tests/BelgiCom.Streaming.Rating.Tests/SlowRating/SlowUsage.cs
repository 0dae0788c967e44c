using System.Numerics;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Usage as the slow rater reads it: text, whole numbers and nothing packed.</summary>
internal sealed record SlowUsage
{
    /// <summary>Number of the event; the same number is the same id.</summary>
    public required int Id { get; init; }

    public string Subscriber { get; init; } = "A";

    public required UsageKind Kind { get; init; }

    /// <summary>Milliseconds since 1970-01-01 UTC.</summary>
    public required long Start { get; init; }

    public long? End { get; init; }

    /// <summary>Octets, seconds, messages or units; null when nobody measured.</summary>
    public long? Units { get; init; }

    public string? Session { get; init; }

    public string CalledNumber { get; init; } = "";

    /// <summary>Who was called: a subscriber; empty for nobody of ours, null when the usage does not say it.</summary>
    public string? Called { get; init; } = "";

    /// <summary>Whether that is another subscriber of the account, when the call began; null when nobody knows.</summary>
    public bool? IsInGroup { get; init; } = false;

    public string Network { get; init; } = "";

    public Direction Direction { get; init; }

    public long? RatingGroup { get; init; }

    public long? ServiceIdentifier { get; init; }

    public string DataNetwork { get; init; } = "";

    public string Slice { get; init; } = "";

    public int RatType { get; init; }

    public BigInteger? ValueNanos { get; init; }

    public string Currency { get; init; } = "EUR";

    public bool IsSecondaryView { get; init; }

    /// <summary>All that makes the content: another content under one id is a conflict.</summary>
    public string Content =>
        $"{Kind} {Direction} {Start} {End} {Units} {RatingGroup} {ServiceIdentifier} {Network} {CalledNumber} {ValueNanos}";
}

/// <summary>A part as a rating case names it: words in place of indexes, amounts in nano-units.</summary>
internal sealed record SlowPart(PartComponent Component)
{
    public int Version { get; init; }

    /// <summary>Place of the price in its version, from 0; none for what belongs to the whole session.</summary>
    public int? Price { get; init; }

    public string? Band { get; init; }

    public string? Bundle { get; init; }

    public int Tier { get; init; }

    public BigInteger Packages { get; init; }

    public BigInteger Units { get; init; }

    public BigInteger UnitPrice { get; init; }

    public BigInteger UnitSize { get; init; }

    public BigInteger Nanos { get; init; }
}

/// <summary>What becomes of an event.</summary>
internal sealed record SlowResult(RatingOutcome Outcome)
{
    public RejectedReason Rejected { get; init; }

    public ZeroRatedReason ZeroRated { get; init; }

    public IReadOnlyList<SlowPart> Parts { get; init; } = [];

    /// <summary>Whether the whole session was charged anew, because the record came out of order.</summary>
    public bool IsAnew { get; init; }

    /// <summary>The event is the sum of its parts (D-01).</summary>
    public BigInteger Nanos => Sum(Parts, part => part.Nanos);

    /// <summary>Units that bundles gave.</summary>
    public BigInteger BundleUnits => Sum(Parts.Where(part => part.Bundle is not null), part => part.Units);

    /// <summary>Units that count, with what goes back.</summary>
    public BigInteger ChargedUnits => Sum(
        Parts.Where(part => part.Component is PartComponent.Bundle or PartComponent.Usage or PartComponent.Reversal
            or PartComponent.ZeroRated),
        part => part.Units);

    /// <summary>Sum of numbers that have no bound.</summary>
    public static BigInteger Sum(IEnumerable<SlowPart> parts, Func<SlowPart, BigInteger> number) =>
        parts.Aggregate(BigInteger.Zero, (sum, part) => sum + number(part));
}
