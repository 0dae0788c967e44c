using System.Globalization;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// Gives parsers mutated input. Each input has a seed of its own, so that one alone can be repeated. BELGICOM_FUZZ_RUNS says how many
/// inputs each parser gets, and then takes other seeds each time; without it each test has a number that every build can afford, and the
/// same seeds. BELGICOM_SEED says the first seed. The files of Corpus/parser in the test's project are inputs that once failed: each run
/// begins with them.
/// </summary>
public static class Fuzz
{
    /// <summary>The trait of tests that read mutated input: <c>--filter-trait "Category=Fuzz"</c> runs them all.</summary>
    public const string Trait = "Category";

    /// <summary>The trait's value.</summary>
    public const string Category = "Fuzz";

    private const string RunsVariable = "BELGICOM_FUZZ_RUNS";
    private const string SeedVariable = "BELGICOM_SEED";

    private static readonly int? AskedRuns = Asked(RunsVariable) switch
    {
        null => null,
        > 0 and int runs => runs,
        int other => throw new ArgumentException($"{RunsVariable} is {other}; it must be at least 1."),
    };

    private static readonly int FirstSeed = Asked(SeedVariable) ?? (AskedRuns is null ? 1 : Environment.TickCount);

    /// <summary>Reads the parser's corpus, and then mutations of it and of the seeds.</summary>
    /// <param name="parser">Name of the parser, as its folder of Corpus has it.</param>
    /// <param name="seeds">Good inputs.</param>
    /// <param name="read">Reads one input to its end; throws for what the parser may not do.</param>
    /// <param name="limits">How many inputs, and what each may cost.</param>
    public static void Run(string parser, IEnumerable<byte[]> seeds, Action<byte[]> read, FuzzLimits limits)
    {
        List<byte[]> originals = [.. seeds, .. Corpus(parser).Select(entry => entry.Octets)];
        Run(parser, random => Mutation.Of(originals, random), read, limits);
    }

    /// <summary>Reads the parser's corpus, and then what <paramref name="input"/> makes.</summary>
    /// <param name="parser">Name of the parser, as its folder of Corpus has it.</param>
    /// <param name="input">Makes an input. The same random numbers must make the same one.</param>
    /// <param name="read">Reads one input to its end; throws for what the parser may not do.</param>
    /// <param name="limits">How many inputs, and what each may cost.</param>
    public static void Run(string parser, Func<Random, byte[]> input, Action<byte[]> read, FuzzLimits limits)
    {
        using FuzzWatch watch = new(parser, read, limits);
        foreach ((string name, byte[] octets) in Corpus(parser))
        {
            watch.Read(octets, name);
        }

        int runs = AskedRuns is { } asked ? Math.Max(1, asked / limits.Slowness) : limits.Runs;
        for (int i = 0; i < runs; i++)
        {
            int seed = unchecked(FirstSeed + i);
            watch.Read(input(new Random(seed)), $"{SeedVariable}={seed} {RunsVariable}=1");
        }

        watch.Finish(FirstSeed);
    }

    private static IEnumerable<(string Name, byte[] Octets)> Corpus(string parser)
    {
        DirectoryInfo folder = new(Path.Combine(AppContext.BaseDirectory, "Corpus", parser));
        return folder.Exists
            ? folder.EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(file =>
                ($"Corpus/{parser}/{file.Name}", File.ReadAllBytes(file.FullName)))
            : [];
    }

    private static int? Asked(string variable) => Environment.GetEnvironmentVariable(variable) switch
    {
        null or "" => null,
        { } text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) => number,
        string other => throw new ArgumentException($"{variable} is '{other}'; it must be a number."),
    };
}
