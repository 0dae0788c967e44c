using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Section <c>Http</c>: where a process answers <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>.</summary>
public sealed class HttpOptions : IValidatableObject
{
    /// <summary>
    /// The address when <see cref="Url"/> is not set: loopback only. When its port is taken, another free port is used and logged.
    /// </summary>
    public const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>
    /// Address to listen on, <c>http://HOST:PORT</c>; <c>http://+:8080</c> listens on all addresses (containers); port 0 takes any free
    /// port. When it is set and the port is taken, the process ends with exit code 1. Default: <see cref="DefaultUrl"/>, or another port
    /// when that is taken.
    /// </summary>
    public string? Url { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is not null && ListenAddress.TryParse(Url) is null)
        {
            yield return new ValidationResult(
                $"'{Url}' is no address to listen on: write http://HOST:PORT, for example {DefaultUrl}", [nameof(Url)]);
        }
    }
}
