using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// The numbers of one person, from a file or standard input. They are never taken from the command line, which other users of the machine
/// and the shell's history see, and no message repeats them.
/// </summary>
internal sealed class SubscriberNumbers
{
    /// <summary>Path that means standard input.</summary>
    public const string StandardInput = "-";

    private const int NumbersMax = 20;
    private const int LineMax = 64;

    private readonly List<string> _numbers;

    private SubscriberNumbers(List<string> numbers) => _numbers = numbers;

    /// <summary>Reads one number a line, MSISDN or IMSI, with or without '+'; empty lines are skipped.</summary>
    /// <exception cref="ToolException">The file cannot be read, or a line is no number.</exception>
    public static SubscriberNumbers Read(string path)
    {
        try
        {
            using TextReader reader = path == StandardInput ? Console.In : new StreamReader(path);
            return new SubscriberNumbers(Parse(reader));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ToolException(WorkerHost.ExitConfiguration, $"--numbers: '{path}' cannot be read: {cause.Message}");
        }
    }

    /// <summary>
    /// The references under which records of the person may be kept: each number as an MSISDN and as an IMSI, because nothing in a number
    /// says which it is.
    /// </summary>
    public List<SubscriberRef> ToReferences(IKeyStore keys)
    {
        SubscriberPseudonymizer pseudonyms = new(keys);
        return [.. _numbers.SelectMany(number => new[] { pseudonyms.FromMsisdn(number), pseudonyms.FromImsi(number) })];
    }

    private static List<string> Parse(TextReader reader)
    {
        List<string> numbers = [];
        int line = 0;
        foreach (string text in LimitedLines.Read(reader, LineMax))
        {
            line++;
            string number = text.Trim();
            number = number.StartsWith('+') ? number[1..] : number;
            if (number.Length == 0)
            {
                continue;
            }

            if (text.Length > LineMax || number.Length > 15 || !number.All(char.IsAsciiDigit))
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, $"--numbers: line {line} is no MSISDN or IMSI: write 1 to 15 digits, one number a line");
            }

            numbers.Add(number);
            if (numbers.Count > NumbersMax)
            {
                throw new ToolException(
                    WorkerHost.ExitConfiguration, $"--numbers: more than {NumbersMax} numbers; give those of one person");
            }
        }

        return numbers.Count > 0
            ? numbers
            : throw new ToolException(
                WorkerHost.ExitConfiguration, "--numbers: no number: give the person's MSISDN or IMSI on standard input or in a file");
    }
}
