using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary>The console that tables are written to.</summary>
internal static class TableConsole
{
    // Width for output that goes to a file, which has no width of its own.
    private const int ColumnsInFile = 140;

    public static IAnsiConsole Create()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = ColumnsInFile;
        }

        return console;
    }
}
