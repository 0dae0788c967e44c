using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Confluent.SchemaRegistry;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Section <c>SchemaRegistry</c>.</summary>
public sealed class SchemaRegistryOptions : IValidatableObject
{
    // A property of Confluent's client: the number of all tries of a request.
    private const string Tries = "schema.registry.max.retries";

    private static readonly string[] Pinned =
    [
        "schema.registry.url", "schema.registry.request.timeout.ms", "schema.registry.basic.auth.user.info",
        "schema.registry.basic.auth.credentials.source",
    ];

    /// <summary>
    /// Base address of a registry with Confluent's REST API, http or https; a path such as <c>/apis/ccompat/v7</c> is kept. Several
    /// addresses, separated by commas, are one registry: when one does not answer, the next is asked.
    /// </summary>
    [Required]
    public string Url { get; set; } = "";

    /// <summary>User of HTTP basic authentication; empty for none.</summary>
    public string? Username { get; set; }

    /// <summary>File that holds the password; white space at its end is not part of it. Read once at start.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Longest wait for one answer, 0.1 s to 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Further properties of Confluent's client by their own names, for example <c>schema.registry.ssl.ca.location</c>. A property that one
    /// of the settings above stands for is refused.
    /// </summary>
    public Dictionary<string, string> Properties { get; } = [];

    /// <summary>Checks that the settings fit each other.</summary>
    /// <param name="validationContext">Not used.</param>
    /// <returns>The faults.</returns>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        Uri?[] addresses =
        [
            .. Url.Split(',').Select(url => Uri.TryCreate(url.Trim(), UriKind.Absolute, out Uri? address) ? address : null),
        ];
        if (!addresses.All(address => address is { Scheme: "http" or "https", UserInfo: "" }))
        {
            yield return new(
                "SchemaRegistry:Url must be an absolute http or https address without a password, for example http://127.0.0.1:8081, or "
                + "several with commas between them",
                [nameof(Url)]);
            yield break;
        }

        if (string.IsNullOrEmpty(Username) != string.IsNullOrEmpty(PasswordFile))
        {
            yield return new(
                "SchemaRegistry:Username and SchemaRegistry:PasswordFile go together: set both or none",
                [nameof(Username), nameof(PasswordFile)]);
            yield break;
        }

        if (!string.IsNullOrEmpty(PasswordFile) && !File.Exists(PasswordFile))
        {
            yield return new("SchemaRegistry:PasswordFile names a file that does not exist", [nameof(PasswordFile)]);
            yield break;
        }

        if (!string.IsNullOrEmpty(Username) && addresses.Any(address => address is { Scheme: "http", IsLoopback: false }))
        {
            yield return new("SchemaRegistry:Url must be https when a password is sent to another machine", [nameof(Url)]);
        }

        if (FaultOfProperties() is { } fault)
        {
            yield return new($"SchemaRegistry:Properties: {fault}", [nameof(Properties)]);
        }
    }

    /// <summary>The settings as Confluent's client takes them.</summary>
    internal SchemaRegistryConfig ToConfig()
    {
        SchemaRegistryConfig config = new()
        {
            Url = string.Join(',', Url.Split(',').Select(url => url.Trim())),
            RequestTimeoutMs = (int)Timeout.TotalMilliseconds,
        };
        config.Set(Tries, "1");
        if (!string.IsNullOrEmpty(Username))
        {
            config.BasicAuthCredentialsSource = AuthCredentialsSource.UserInfo;
            config.BasicAuthUserInfo = $"{Username}:{File.ReadAllText(PasswordFile!).TrimEnd()}";
        }

        foreach ((string name, string value) in Properties)
        {
            config.Set(name, value);
        }

        return config;
    }

    /// <summary>
    /// Lets the client check its properties, because it knows them best: it reads them, and the files that they name, when it is made.
    /// </summary>
    private string? FaultOfProperties()
    {
        foreach ((string name, string value) in Properties)
        {
            if (Pinned.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                return $"'{name}' is what SchemaRegistry:Url, Username, PasswordFile and Timeout say";
            }

            if (!name.StartsWith("schema.registry.", StringComparison.Ordinal))
            {
                return $"'{name}' is none of the client's, which begin with 'schema.registry.'";
            }

            // With zero tries the client sends no request at all, and does not say so.
            if (name == Tries && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int tries) && tries > 0))
            {
                return $"'{name}' counts all tries, so it is 1 or more";
            }
        }

        try
        {
            new CachedSchemaRegistryClient(ToConfig()).Dispose();
            return null;
        }
        catch (Exception refused) when (refused is not OutOfMemoryException)
        {
            return refused.Message;
        }
    }
}
