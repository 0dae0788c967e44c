namespace BelgiCom.Streaming.Rating;

/// <summary>What was used. The numbers are those of the event schema.</summary>
public enum UsageKind
{
    /// <summary>Not known; such usage is rejected.</summary>
    Unknown = 0,

    /// <summary>Part of a data session, counted in octets.</summary>
    Data = 1,

    /// <summary>A call, counted in seconds.</summary>
    Voice = 2,

    /// <summary>A short message, counted in messages.</summary>
    Sms = 3,
}
