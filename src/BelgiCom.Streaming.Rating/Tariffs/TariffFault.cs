namespace BelgiCom.Streaming.Rating;

/// <summary>One thing that is wrong with an offering version.</summary>
/// <param name="Sentence">What is wrong and what to change.</param>
public sealed record TariffFault(string Sentence)
{
    /// <summary>Index of the price that is wrong in the version's list; null when it is none of them.</summary>
    public int? Price { get; init; }

    /// <summary>Index of the bundle that is wrong in the version's list; null when it is none of them.</summary>
    public int? Bundle { get; init; }
}
