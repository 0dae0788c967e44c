using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>What rating a subscriber's usage again changes.</summary>
/// <param name="Refusal">Why nothing is changed though it may have to be.</param>
/// <param name="Steps">The corrections in the order of event time; none when nothing differs.</param>
/// <param name="Reason">Why usage is not rated now, for <see cref="RerateRefusal.NotRated"/>.</param>
public sealed record CorrectionPlan(RerateRefusal Refusal, IReadOnlyList<CorrectionStep> Steps, RejectedReason? Reason = null)
{
    /// <summary>Nothing differs.</summary>
    public static CorrectionPlan Nothing { get; } = new(RerateRefusal.None, []);

    internal static CorrectionPlan Refused(RerateRefusal refusal, RejectedReason? reason = null) => new(refusal, [], reason);
}

/// <summary>Who had usage rated again, and why: for whoever asks of a line years later.</summary>
/// <param name="By">Who.</param>
/// <param name="Because">Why, in their words; empty when they said nothing.</param>
/// <param name="AtMilliseconds">When, milliseconds since 1970-01-01 UTC.</param>
public sealed record CorrectionDecision(string By, string Because, long AtMilliseconds);

/// <summary>The correction of one usage event: what a lane takes whole or not at all.</summary>
public sealed record CorrectionStep
{
    /// <summary>Identity of the usage.</summary>
    public required UsageId UsageId { get; init; }

    /// <summary>Identity of the record that is taken back, which the ledger has as a line when it has an amount or units.</summary>
    public required UsageId FormerId { get; init; }

    /// <summary>Body of its record of usage.received.v1.</summary>
    public required byte[] Received { get; init; }

    /// <summary>Body of the record of usage.rated.v1 that takes back what was charged; null when it was zero-rated.</summary>
    public required byte[]? Reversal { get; init; }

    /// <summary>Body of the record of usage.rated.v1 with what is charged now.</summary>
    public required byte[] Charge { get; init; }

    /// <summary>Digest of the state that it was planned for.</summary>
    public required byte[] Expects { get; init; }

    /// <summary>Start of the usage, milliseconds since 1970-01-01 UTC.</summary>
    public required long EventTimeMilliseconds { get; init; }

    /// <summary>Why it is charged otherwise.</summary>
    public required CorrectionReason Reason { get; init; }

    /// <summary>What was charged.</summary>
    public required CorrectedCharge Before { get; init; }

    /// <summary>What is charged now.</summary>
    public required CorrectedCharge After { get; init; }
}

/// <summary>A charge before or after a correction, for whoever looks at it.</summary>
/// <param name="Offering">Offering that it is charged under.</param>
/// <param name="Version">Version of it.</param>
/// <param name="IsRated">Whether it is rated; else it is zero-rated.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="AmountNanos">Amount in nano-units.</param>
/// <param name="BundleUnits">Units that bundles covered.</param>
public readonly record struct CorrectedCharge(
    string Offering, int Version, bool IsRated, string Currency, long AmountNanos, long BundleUnits);
