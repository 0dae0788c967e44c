using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace BelgiCom.Streaming.Privacy.Tests;

/// <summary>
/// This assembly as a process of its own that opens a key store: it says that it is ready, waits until its standard input ends, and only
/// then opens the folder and prints the ids of its keys. So many processes can be made to open one folder at the same moment.
/// </summary>
internal static class KeyProcess
{
    public static readonly string[] Scopes = ["", "2026-11-23"];

    private const string FolderVariable = "BELGICOM_KEY_PROCESS_FOLDER";
    private const string Ready = "ready";

    /// <summary>Starts one and returns when it waits.</summary>
    public static Process Start(string folder)
    {
        ProcessStartInfo start = new("dotnet", [typeof(KeyProcess).Assembly.Location])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[FolderVariable] = folder;
        return Process.Start(start)!;
    }

    /// <summary>Reads the line that says that a process waits.</summary>
    public static void AwaitReady(Process process) => Assert.Equal(Ready, process.StandardOutput.ReadLine());

#pragma warning disable CA2255 // The process must not become a test run.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void RunWhenAsked()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { } folder)
        {
            return;
        }

        Console.WriteLine(Ready);
        _ = Console.In.ReadToEnd();
        FileKeyStore keys = new(folder);
        Console.WriteLine(string.Join(' ', Scopes.Select(scope => keys.GetOrCreate(KeyPurposes.Rating, scope).Id)));
        Environment.Exit(0);
    }
}
