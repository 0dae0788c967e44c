using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Section <c>SchemaRegistry</c>.</summary>
public sealed class SchemaRegistryOptions : IValidatableObject
{
    /// <summary>
    /// Base address of a registry with Confluent's REST API, http or https; a path such as <c>/apis/ccompat/v7</c> is kept.
    /// </summary>
    [Required]
    public Uri? Url { get; set; }

    /// <summary>User of HTTP basic authentication; empty for none.</summary>
    public string? Username { get; set; }

    /// <summary>File that holds the password; white space at its end is not part of it. Read once at start.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Longest wait for one answer, 0.1 s to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks what spans several settings.</summary>
    /// <param name="validationContext">Not used.</param>
    /// <returns>The faults.</returns>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is not null && !(Url.IsAbsoluteUri && Url.Scheme is "http" or "https"))
        {
            yield return new(
                "SchemaRegistry:Url must be an absolute http or https address, for example http://127.0.0.1:8081", [nameof(Url)]);
            yield break;
        }

        if (string.IsNullOrEmpty(Username) != string.IsNullOrEmpty(PasswordFile))
        {
            yield return new(
                "SchemaRegistry:Username and SchemaRegistry:PasswordFile go together: set both or none",
                [nameof(Username), nameof(PasswordFile)]);
        }

        if (!string.IsNullOrEmpty(PasswordFile) && !File.Exists(PasswordFile))
        {
            yield return new("SchemaRegistry:PasswordFile names a file that does not exist", [nameof(PasswordFile)]);
        }

        if (!string.IsNullOrEmpty(Username) && Url is { Scheme: "http", IsLoopback: false })
        {
            yield return new("SchemaRegistry:Url must be https when a password is sent to another machine", [nameof(Url)]);
        }
    }
}
