using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Section <c>Rating:Balances</c>: prepaid money and what is left of bundles, over HTTP (TMF654). Off without a <see
/// cref="DoorOptions.Url"/>.
/// </summary>
public sealed class BalanceOptions : DoorOptions
{
    /// <summary>Who may ask for what. Who is not listed may do nothing.</summary>
    public List<BalanceClientOptions> Clients { get; set; } = [];

    /// <summary>
    /// Most money of one top-up, adjustment or transfer, in whole units of its currency; 1 to 100,000,000. Default 1,000.
    /// </summary>
    [Range(1, 100_000_000)]
    public int MaxAmount { get; set; } = 1000;

    /// <summary>
    /// Days for which a request is known, so that the same one again changes nothing and gets the same answer; 1 to 3,660. It must be
    /// longer than any client tries again. Default 45.
    /// </summary>
    [Range(1, 3660)]
    public int RepeatDays { get; set; } = 45;

    /// <summary>How long a request waits for its answer before it gets 503; 100 ms to 30 s. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    private protected override bool HasToken => Clients.Count > 0;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (ValidationResult fault in base.Validate(validationContext))
        {
            yield return fault;
        }

        if (!IsOn)
        {
            yield break;
        }

        if (Clients.Count == 0)
        {
            yield return new("nobody may ask unless a client is listed", [nameof(Clients)]);
        }

        if (Clients.Select(client => client.Name).Distinct(StringComparer.Ordinal).Count() < Clients.Count)
        {
            yield return new("two clients have the same name", [nameof(Clients)]);
        }

        foreach (BalanceClientOptions client in Clients)
        {
            string? fault = client.TokenFile.Length == 0 ? "it needs a TokenFile" : TokenFault(client.TokenFile);
            if (fault is not null)
            {
                yield return new($"client '{client.Name}': {fault}", [nameof(Clients)]);
            }
        }
    }
}

/// <summary>A client of the balance door.</summary>
public sealed class BalanceClientOptions
{
    /// <summary>Its name, which the journal keeps: of a system, never of a person.</summary>
    [Required]
    [RegularExpression("[a-z][a-z0-9._-]{0,39}", ErrorMessage = "must be a letter and at most 39 more of a-z, 0-9, '-', '_' and '.'")]
    public string Name { get; set; } = "";

    /// <summary>File with its bearer token, of at least 32 characters.</summary>
    [Required]
    public string TokenFile { get; set; } = "";

    /// <summary>What it may do; default nothing.</summary>
    public List<BalanceRight> May { get; set; } = [];
}

/// <summary>What a client may do.</summary>
public enum BalanceRight
{
    /// <summary>Read balances, buckets and operations.</summary>
    Read,

    /// <summary>Top up.</summary>
    TopUp,

    /// <summary>Adjust, that is credit and debit.</summary>
    Adjust,

    /// <summary>Transfer from one subscriber to another.</summary>
    Transfer,
}
