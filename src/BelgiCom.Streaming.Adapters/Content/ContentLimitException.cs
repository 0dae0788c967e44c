namespace BelgiCom.Streaming.Adapters;

/// <summary>Compressed content expands beyond its limits (a "zip bomb"), or takes too long to read.</summary>
public sealed class ContentLimitException : IOException
{
    /// <summary>Says which limit.</summary>
    public ContentLimitException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public ContentLimitException()
    {
    }

    /// <inheritdoc/>
    public ContentLimitException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
