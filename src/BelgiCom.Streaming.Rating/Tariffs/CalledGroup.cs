namespace BelgiCom.Streaming.Rating;

/// <summary>Whether the number that was called is that of another subscriber of the caller's account.</summary>
internal enum CalledGroup
{
    /// <summary>It is not, or nobody was called.</summary>
    Outside = 0,

    /// <summary>It is.</summary>
    Inside,

    /// <summary>A number was called, and the usage does not say which.</summary>
    Unknown,
}
