namespace BelgiCom.Streaming.Rating;

/// <summary>What must be kept of a session so that its records cost together what they say together.</summary>
internal enum SessionForm
{
    /// <summary>Nothing: each record costs what it costs alone.</summary>
    Nothing = 0,

    /// <summary>What was used and charged: the records cost the same together in whatever order they come.</summary>
    Count,

    /// <summary>The records, too: when one comes out of order, the session is charged anew.</summary>
    Records,
}
