using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// What an event says of its usage and where it comes from, without anything that names a person. The members that a charge depends on are
/// those of rating's fingerprint.
/// </summary>
internal sealed record UsageContent
{
    public required UsageKind Kind { get; init; }

    public required Direction Direction { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    /// <summary>Seconds; -1 when not measured, like the quantities after it.</summary>
    public required long DurationSeconds { get; init; }

    public required long UplinkOctets { get; init; }

    public required long DownlinkOctets { get; init; }

    public required long TotalOctets { get; init; }

    public required long Messages { get; init; }

    public required long ServiceUnits { get; init; }

    public required long RatingGroup { get; init; }

    public required long ServiceIdentifier { get; init; }

    public required string ServingPlmn { get; init; }

    public required string Source { get; init; }

    public required string File { get; init; }

    /// <summary>Index of the CDR in its file, from 0.</summary>
    public required int RecordIndex { get; init; }

    /// <summary>Index of the chargeable part in the CDR, from 0.</summary>
    public required int ContainerIndex { get; init; }

    /// <summary>Where it stands, for a person.</summary>
    public string Place => ContainerIndex > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{File}, record {RecordIndex}, part {ContainerIndex}")
        : string.Create(CultureInfo.InvariantCulture, $"{File}, record {RecordIndex}");

    public static UsageContent Of(scoped in UsageReceivedView usage) => new()
    {
        Kind = usage.Kind,
        Direction = usage.Direction,
        Start = DateTimeOffset.FromUnixTimeMilliseconds(usage.EventTimeMilliseconds),
        End = DateTimeOffset.FromUnixTimeMilliseconds(usage.EndTimeMilliseconds),
        DurationSeconds = usage.DurationSeconds,
        UplinkOctets = usage.UplinkOctets,
        DownlinkOctets = usage.DownlinkOctets,
        TotalOctets = usage.TotalOctets,
        Messages = usage.Messages,
        ServiceUnits = usage.ServiceUnits,
        RatingGroup = usage.RatingGroup,
        ServiceIdentifier = usage.ServiceIdentifier,
        ServingPlmn = Encoding.UTF8.GetString(usage.ServingPlmn),
        Source = Encoding.UTF8.GetString(usage.Source),
        File = Encoding.UTF8.GetString(usage.FileName),
        RecordIndex = usage.RecordIndex,
        ContainerIndex = usage.ContainerIndex,
    };

    /// <summary>
    /// The members that a charge depends on and that the other one says otherwise, for example "durationSeconds 60, not 90".
    /// </summary>
    public IReadOnlyList<string> DifferencesFrom(UsageContent other) =>
    [
        .. Charged().Zip(other.Charged())
            .Where(pair => pair.First.Value != pair.Second.Value)
            .Select(pair => $"{pair.First.Name} {pair.First.Value}, not {pair.Second.Value}"),
    ];

    /// <summary>What a charge depends on, for example "totalOctets 1024"; what was not measured is left out.</summary>
    public IEnumerable<string> Words() => Charged()
        .Where(member => member.Value is not ("-1" or ""))
        .Select(member => $"{member.Name} {member.Value}");

    private IEnumerable<(string Name, string Value)> Charged() =>
    [
        ("kind", Kind.ToString()),
        ("direction", Direction.ToString()),
        ("start", Text(Start)),
        ("end", Text(End)),
        ("durationSeconds", Text(DurationSeconds)),
        ("uplinkOctets", Text(UplinkOctets)),
        ("downlinkOctets", Text(DownlinkOctets)),
        ("totalOctets", Text(TotalOctets)),
        ("messages", Text(Messages)),
        ("serviceUnits", Text(ServiceUnits)),
        ("ratingGroup", Text(RatingGroup)),
        ("serviceIdentifier", Text(ServiceIdentifier)),
        ("servingPlmn", ServingPlmn),
    ];

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Usage that came under the id of other usage, with both contents.</summary>
/// <param name="UsageId">The id of both.</param>
/// <param name="Waiting">What waits; null when its record is older than the topic keeps.</param>
/// <param name="First">
/// What was charged first; null when the ledger has no line of it (it was free, or is not billed yet) or its record is older than the topic
/// keeps.
/// </param>
/// <param name="IsOfOtherAccount">Whether another account pays for it, as far as the ledger knows.</param>
internal sealed record ConflictingUsage(UsageId UsageId, UsageContent? Waiting, UsageContent? First, bool IsOfOtherAccount = false)
{
    /// <summary>What the waiting one says otherwise than the first; empty when that is not known.</summary>
    public IReadOnlyList<string> Differences =>
    [
        .. IsOfOtherAccount ? ["another account"] : Array.Empty<string>(),
        .. Waiting is null || First is null ? [] : Waiting.DifferencesFrom(First),
    ];
}
