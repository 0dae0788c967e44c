using System.Diagnostics;
using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Tool;

namespace BelgiCom.Streaming.Bench;

/// <summary>The pass-through in C, compiled against the very librdkafka that Confluent.Kafka has loaded.</summary>
internal sealed class PlainC
{
    private const string Source = "pass_through.c";
    private static readonly string[] Compilers = ["cc", "gcc", "clang"];

    private readonly string _program;

    private PlainC(string program) => _program = program;

    /// <summary>Compiles the program into a folder; null when the machine has no C compiler.</summary>
    /// <exception cref="ToolException">There is a compiler, but it refuses the program.</exception>
    public static async Task<PlainC?> CompileAsync(string folder, CancellationToken stopping)
    {
        if (Compilers.SelectMany(OnPath).FirstOrDefault() is not { } compiler || !OperatingSystem.IsLinux())
        {
            return null;
        }

        Directory.CreateDirectory(folder);
        string source = Path.Combine(folder, Source);
        await using (FileStream file = File.Create(source))
        {
            await typeof(PlainC).Assembly.GetManifestResourceStream(Source)!.CopyToAsync(file, stopping);
        }

        // Copied under both its names: the compiler looks for the first, the loader for the second.
        string library = LoadedLibrary();
        File.Copy(library, Path.Combine(folder, "librdkafka.so"), overwrite: true);
        File.Copy(library, Path.Combine(folder, "librdkafka.so.1"), overwrite: true);
        string program = Path.Combine(folder, "pass_through");
        await RunAsync(
            compiler,
            ["-O2", "-o", program, source, "-L" + folder, "-lrdkafka", "-lpthread", "-Wl,-rpath,$ORIGIN", "-Wl,--allow-shlib-undefined"],
            stopping);
        return new PlainC(program);
    }

    /// <summary>Consumes the usage topic from its beginning.</summary>
    /// <returns>Records/s, first commit to last.</returns>
    public async Task<double[]> RunAsync(FilledCluster cluster, string output, int lanes, long records, CancellationToken stopping)
    {
        string[] arguments =
        [
            cluster.Kafka.BootstrapServers, Topics.UsageReceived, output,
            .. new[] { FilledCluster.Partitions, lanes, StockPassThrough.RecordsPerTransaction, records }
                .Select(number => number.ToString(CultureInfo.InvariantCulture)),
        ];
        return [double.Parse(await RunAsync(_program, arguments, stopping), CultureInfo.InvariantCulture)];
    }

    /// <summary>
    /// File of the librdkafka in this process. The package ships one for each system, and Confluent.Kafka takes the first that loads.
    /// </summary>
    private static string LoadedLibrary()
    {
        Confluent.Kafka.Library.Load();
        using Process self = Process.GetCurrentProcess();
        return self.Modules.Cast<ProcessModule>().First(
            module => module.ModuleName.Contains("librdkafka", StringComparison.Ordinal)).FileName;
    }

    private static IEnumerable<string> OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, name))
            .Where(File.Exists);

    private static async Task<string> RunAsync(string program, string[] arguments, CancellationToken stopping)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(stopping);
            string output = await process.StandardOutput.ReadToEndAsync(stopping);
            await process.WaitForExitAsync(stopping);
            return process.ExitCode == 0
                ? output
                : throw new ToolException(WorkerHost.ExitFailed, $"{Path.GetFileName(program)} failed: {(await errors).Trim()}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
