using Spectre.Console;

namespace BelgiCom.Streaming.Tool.Output;

/// <summary>The console that tables are written to.</summary>
internal static class TableConsole
{
    /// <summary>Used when the output goes to a file, which has no width of its own.</summary>
    private const int ColumnsInFile = 140;

    public static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = ColumnsInFile;
        }

        return console;
    }
}
