namespace BelgiCom.Streaming.Bench;

/// <summary>A contender, which can be measured again and again. One call is one round and gives one value for each figure.</summary>
/// <param name="Name">Who is measured.</param>
/// <param name="Units">Units of the figures.</param>
/// <param name="Measure">One round.</param>
internal sealed record Contender(string Name, IReadOnlyList<string> Units, Func<CancellationToken, Task<double[]>> Measure);

/// <summary>Measures contenders in turns, because a machine that is slow for a minute is then slow for all of them.</summary>
internal static class Rounds
{
    /// <summary>One round that does not count, then the rounds that do; each starts with another contender.</summary>
    /// <returns>The series of each contender, one for each of its figures.</returns>
    public static async Task<IReadOnlyList<Series[]>> RunAsync(
        string question, int rounds, IReadOnlyList<Contender> contenders, CancellationToken stopping)
    {
        List<double[]>[] measured = [.. contenders.Select(_ => new List<double[]>())];
        for (int round = 0; round <= rounds; round++)
        {
            await Console.Error.WriteLineAsync(round == 0 ? $"{question}: warming up" : $"{question}: round {round} of {rounds}");
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                stopping.ThrowIfCancellationRequested();
                int index = (turn + round) % contenders.Count;
                double[] figures = await contenders[index].Measure(stopping);
                if (round > 0)
                {
                    measured[index].Add(figures);
                }
            }
        }

        return [.. contenders.Select((contender, index) => contender.Units
            .Select((unit, figure) => new Series(question, contender.Name, unit, [.. measured[index].Select(values => values[figure])]))
            .ToArray())];
    }
}
