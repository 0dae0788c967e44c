using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Where a door of this worker listens, and with which certificates.</summary>
public abstract class DoorOptions : IValidatableObject
{
    /// <summary>Least characters of a token: nobody may guess it.</summary>
    internal const int LeastTokenLength = 32;

    /// <summary>
    /// Address to listen on: <c>http://127.0.0.1:PORT</c> in clear, on loopback only, or <c>https://HOST:PORT</c>; port 0 takes any free
    /// port. Null, the default: the door is closed.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>
    /// Where clients reach this instance, when several share the partitions: <c>https://HOST:PORT</c>, told to the other instances, which
    /// send requests for this one's subscribers here (307). Null, the default: they get 503.
    /// </summary>
    public string? PublicUrl { get; set; }

    /// <summary>Certificate of the server and its chain, PEM; needed for https.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>Key of the certificate, PEM; needed for https.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Certificates of the authorities that sign clients, PEM. Who has no certificate of theirs is refused.</summary>
    public string? ClientCaFile { get; set; }

    /// <summary>Whether the worker answers requests.</summary>
    internal bool IsOn => !string.IsNullOrEmpty(Url);

    /// <summary>What the group's other members are told; null for nothing.</summary>
    internal Uri? Announced => IsOn ? AddressOf(PublicUrl) : null;

    /// <summary>Whether anything but a client's certificate says who may ask.</summary>
    private protected abstract bool HasToken { get; }

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsOn)
        {
            yield break;
        }

        if (!Uri.TryCreate(Url, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            yield return new($"'{Url}' is no address: write https://HOST:PORT, or http://127.0.0.1:PORT", [nameof(Url)]);
            yield break;
        }

        if (url.Scheme == "http" && !url.IsLoopback)
        {
            yield return new("in clear only on loopback: use https with certificate and key", [nameof(Url)]);
        }

        if (url.Scheme == "https" && (CertificateFile is null || KeyFile is null))
        {
            yield return new("https needs CertificateFile and KeyFile", [nameof(CertificateFile)]);
        }

        if (url.Scheme == "https" && ClientCaFile is null && !HasToken)
        {
            yield return new("nobody may ask unless ClientCaFile or a token says who", [nameof(ClientCaFile)]);
        }

        if (PublicUrl is not null && AddressOf(PublicUrl)?.Scheme != url.Scheme)
        {
            yield return new($"'{PublicUrl}' is no address of the kind of Url: write https://HOST:PORT", [nameof(PublicUrl)]);
        }

        foreach ((string? file, string name) in new[]
        {
            (CertificateFile, nameof(CertificateFile)), (KeyFile, nameof(KeyFile)), (ClientCaFile, nameof(ClientCaFile)),
        })
        {
            if (file is not null && !File.Exists(file))
            {
                yield return new("there is no such file", [name]);
            }
        }
    }

    /// <summary>An address that requests may be sent on to: scheme, host and port alone; null when it is none.</summary>
    internal static Uri? AddressOf(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? door) && door.Scheme is "http" or "https"
            && door is { Query: "", Fragment: "", UserInfo: "", AbsolutePath: "/" }
            ? door
            : null;

    /// <summary>The token in a file.</summary>
    internal static string ReadToken(string file) => File.ReadAllText(file).Trim();

    /// <summary>Why a file holds no token; null when it does. An empty one would let everybody in.</summary>
    private protected static string? TokenFault(string file) => !File.Exists(file) ? "there is no such file"
        : ReadToken(file).Length < LeastTokenLength ? $"it must hold a token of at least {LeastTokenLength} characters"
        : null;
}
