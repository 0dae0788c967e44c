namespace BelgiCom.Streaming.Rating;

/// <summary>Direction of a call or message seen from the served subscriber. The numbers are those of the event schema.</summary>
public enum UsageDirection
{
    /// <summary>Data, or not known; in a price: every direction.</summary>
    NotApplicable = 0,

    /// <summary>Made by the served subscriber.</summary>
    Originating = 1,

    /// <summary>Received by the served subscriber.</summary>
    Terminating = 2,
}
