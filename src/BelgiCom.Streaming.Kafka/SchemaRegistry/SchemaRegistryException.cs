using System.Net;

namespace BelgiCom.Streaming.Kafka;

/// <summary>The kinds of failure of a registry call, by what the caller must do.</summary>
public enum SchemaRegistryFailure
{
    /// <summary>
    /// No answer, or one that says "later" (HTTP 408, 429, 5xx). Keep the position, wait, try again: a record that needs the schema must
    /// not be passed.
    /// </summary>
    Unreachable,

    /// <summary>There is no such schema, subject or version (HTTP 404). A record with such an id goes to quarantine.</summary>
    NotFound,

    /// <summary>
    /// A program asked for its own schema, and the registry does not have it: it was never registered, or the registry has lost it. The
    /// program must not start.
    /// </summary>
    Unregistered,

    /// <summary>The schema breaks the subject's compatibility (HTTP 409). The producer must not start.</summary>
    Incompatible,

    /// <summary>The schema or another argument is not valid (HTTP 422).</summary>
    Invalid,

    /// <summary>
    /// Any other failure, for example wrong credentials or an address that is no registry. A person must mend the configuration.
    /// </summary>
    Refused,
}

/// <summary>A call of the schema registry failed.</summary>
public sealed class SchemaRegistryException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="failure">Kind of failure.</param>
    /// <param name="message">What happened, where, what to do.</param>
    /// <param name="status">HTTP status; null when there was no answer.</param>
    /// <param name="errorCode">Code of the registry's error body; null when there was none.</param>
    /// <param name="inner">The cause.</param>
    public SchemaRegistryException(
        SchemaRegistryFailure failure, string message, HttpStatusCode? status = null, int? errorCode = null, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
        Status = status;
        ErrorCode = errorCode;
    }

    /// <summary>Kind of failure.</summary>
    public SchemaRegistryFailure Failure { get; }

    /// <summary>HTTP status; null when there was no answer.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>Code of the registry's error body, for example 40403; null when there was none.</summary>
    public int? ErrorCode { get; }

    /// <summary>True when the same call may succeed later without anybody changing anything here.</summary>
    public bool IsTransient => Failure == SchemaRegistryFailure.Unreachable;
}
