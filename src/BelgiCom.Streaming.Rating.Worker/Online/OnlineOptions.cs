using System.ComponentModel.DataAnnotations;
using BelgiCom.Streaming.Adapters;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Section <c>Rating:Online</c>: online charging (Nchf_ConvergedCharging, TS 32.291) answered by this worker. Off without a <see
/// cref="DoorOptions.Url"/>.
/// </summary>
public sealed class OnlineOptions : DoorOptions
{
    /// <summary>File with a bearer token of at least 32 characters that each request must carry.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Name of the source that its usage carries, as of the source that delivers the same requests as files.</summary>
    [Required]
    [RegularExpression("[a-z0-9][a-z0-9._-]{0,63}", ErrorMessage = "must be 1 to 64 of a-z, 0-9, '-', '_' and '.'")]
    public string Source { get; set; } = "nchf-online";

    /// <summary>Which view of a session is charged, as of an adapters' source. Default: requests and CHF records, each once.</summary>
    public ChargedView ChargingView { get; set; }

    /// <summary>Whether usage says, as a pseudonym, who was called: see <c>Adapters:CalledSubscribers</c>. Default: no.</summary>
    public bool CalledSubscribers { get; set; }

    /// <summary>Octets granted to a request that does not say how many it wants; 1 to 10¹². Default 10,000,000.</summary>
    [Range(1, 1_000_000_000_000)]
    public long QuotaOctets { get; set; } = 10_000_000;

    /// <summary>Seconds granted to a request that does not say how many it wants; 1 to 1 day. Default 300.</summary>
    [Range(1, 86_400)]
    public long QuotaSeconds { get; set; } = 300;

    /// <summary>How long a quota may be used (validityTime); 1 s to 1 day. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan QuotaValidity { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Page where a customer may pay or agree to go on, an http or https address: with the final unit of data, the network is told to
    /// redirect to it (finalUnitAction REDIRECT). Null, the default: to end the service (TERMINATE).
    /// </summary>
    public string? RedirectUrl { get; set; }

    /// <summary>How long a request waits for its answer before it gets 503; 100 ms to 30 s. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Most requests of a lane that wait; further ones get 503. 1 to 1,000,000. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 10_000;

    /// <inheritdoc/>
    private protected override bool HasToken => TokenFile is not null;

    /// <summary>How quotas are granted.</summary>
    internal QuotaPolicy Policy => new()
    {
        Octets = QuotaOctets,
        Seconds = QuotaSeconds,
        ValiditySeconds = (long)QuotaValidity.TotalSeconds,
    };

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (ValidationResult fault in base.Validate(validationContext))
        {
            yield return fault;
        }

        if (IsOn && TokenFile is not null && TokenFault(TokenFile) is { } noToken)
        {
            yield return new(noToken, [nameof(TokenFile)]);
        }

        if (IsOn && RedirectUrl is not null
            && !(Uri.TryCreate(RedirectUrl, UriKind.Absolute, out Uri? page) && page.Scheme is "http" or "https" && page.UserInfo == ""))
        {
            yield return new($"'{RedirectUrl}' is no page: write https://HOST/PATH", [nameof(RedirectUrl)]);
        }
    }
}
