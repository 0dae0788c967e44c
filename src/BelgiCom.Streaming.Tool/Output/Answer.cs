using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>The output of a verb at its end: the one object of <c>--json</c> for a program, or tables and lines for a person.</summary>
internal static class Answer
{
    // Width for output that goes to a file, which has no width of its own.
    private const int ColumnsInFile = 140;

    public static void Print(bool json, object value, params IEnumerable<string> lines) => Print(json, value, [], lines);

    public static void Print(bool json, object value, IEnumerable<Table> tables, params IEnumerable<string> lines)
    {
        if (json)
        {
            JsonOutput.Write(value);
            return;
        }

        foreach (Table table in tables)
        {
            OnStandardOutput().Write(table);
        }

        foreach (string line in lines)
        {
            Console.Out.WriteLine(line);
        }
    }

    private static IAnsiConsole OnStandardOutput()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = ColumnsInFile;
        }

        return console;
    }
}
