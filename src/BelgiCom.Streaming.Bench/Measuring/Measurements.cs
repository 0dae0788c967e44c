namespace BelgiCom.Streaming.Bench;

/// <summary>The answer to a question: the measured figures, and how they compare with others.</summary>
internal sealed record Findings(IReadOnlyList<Series> Series, IReadOnlyList<Ratio> Ratios);

/// <summary>One figure of one contender, a value for each round.</summary>
/// <param name="Question">Letter of the question, and where it was asked: "c embedded".</param>
/// <param name="Contender">Who was measured.</param>
/// <param name="Unit">Unit of the values.</param>
/// <param name="Values">One value a round, in the order of the rounds; empty when the contender was skipped.</param>
/// <param name="Note">What a reader must know, for example why it was skipped.</param>
internal sealed record Series(string Question, string Contender, string Unit, IReadOnlyList<double> Values, string Note = "")
{
    public double Median => MedianOf(Values);

    public static Series Skipped(string question, string contender, string why) => new(question, contender, "", [], why);

    public static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? 0 : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>A figure compared with another one or a limit, and the goal.</summary>
/// <param name="Question">Letter of the question, and where it was asked.</param>
/// <param name="Name">What is divided by what.</param>
/// <param name="Value">Median over the rounds of the quotient within one round, in which a slow machine slows both figures alike.</param>
/// <param name="Reach">The goal; null when there is none.</param>
/// <param name="AtMost">Whether <paramref name="Reach"/> is an upper limit.</param>
internal sealed record Ratio(string Question, string Name, double Value, double? Reach, bool AtMost = false)
{
    public bool? IsReached => Reach is null ? null : AtMost ? Value <= Reach : Value >= Reach;

    public static Ratio Between(string question, string name, Series numerator, Series denominator, double? reach, bool atMost = false) =>
        new(question, name, Series.MedianOf([.. numerator.Values.Zip(denominator.Values, (top, bottom) => top / bottom)]), reach, atMost);

    public static Ratio Against(string question, string name, Series series, double unit, double reach, bool atMost = false) =>
        new(question, name, series.Median / unit, reach, atMost);
}
