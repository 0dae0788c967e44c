using System.Globalization;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// How often each parser is given mutated input. BELGICOM_FUZZ_RUNS says it for all parsers, and then takes other seeds each time; without
/// it each test has a number that every build can afford, and the same seeds.
/// </summary>
public static class Fuzz
{
    private const string Variable = "BELGICOM_FUZZ_RUNS";

    private static readonly int? Asked = Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => null,
        { } runs when int.TryParse(runs, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 => count,
        string other => throw new ArgumentException($"{Variable} is '{other}'; it must be a number of runs."),
    };

    public static int Runs(int unlessAsked) => Asked ?? unlessAsked;

    public static int Seed { get; } = Asked is null ? 1 : Environment.TickCount;

    /// <summary>
    /// Changes the octets one to four times: sets or flips bits, puts in values that parsers care about, removes or doubles a stretch, or
    /// cuts off the rest.
    /// </summary>
    public static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> octets = new(original);
        for (int i = random.Next(4); i >= 0 && octets.Count > 0; i--)
        {
            int at = random.Next(octets.Count);
            switch (random.Next(6))
            {
                case 0:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 1:
                    octets[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    octets.RemoveRange(at, Math.Min(random.Next(1, 20), octets.Count - at));
                    break;
                case 3:
                    octets.InsertRange(at, octets.GetRange(at, Math.Min(random.Next(1, 50), octets.Count - at)));
                    break;
                case 4:
                    octets[at] = new byte[] { 0, 0x80, 0xFF, 0x7F, 0x84, 0x1F, (byte)'"', (byte)'{', (byte)'\n' }[random.Next(9)];
                    break;
                default:
                    octets.RemoveRange(at, octets.Count - at);
                    break;
            }
        }

        return [.. octets];
    }
}
