using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>catalogue test</c>: runs cases of tariffs with the code that rates in production.</summary>
internal static class CatalogueTest
{
    public static Command Create()
    {
        Argument<string[]> paths = new("CASES")
        {
            Description = "Files of cases in the golden format, or folders of them.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> catalogue = new("--catalogue")
        {
            Description = "Folder of tariffs (YAML) for cases that name an 'offering' instead of carrying a tariff.",
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new(
            "test", "Rate the usage of cases and compare it with what they expect; exit code 2 when one differs, or is no case.")
        {
            paths, catalogue, json,
        };
        command.SetAction(result => Execute(
            result.GetRequiredValue(paths),
            result.GetValue(catalogue) is { } folder ? CatalogueFolder.Load(folder) : [],
            result.GetValue(json)));
        return command;
    }

    private static int Execute(string[] paths, IReadOnlyList<OfferingVersion> catalogue, bool json)
    {
        TariffCaseResult[] results =
        [
            .. paths.SelectMany(FilesOf).SelectMany(TariffCase.Read).Select(one => TariffCases.Run(one, catalogue)),
        ];
        TariffCaseResult[] failed = [.. results.Where(result => !result.HasPassed)];
        Answer.Print(
            json,
            new
            {
                passed = results.Length - failed.Length,
                failed = failed.Length,
                cases = results.Select(result => new { result.Case.File, result.Case.Id, passed = result.HasPassed, result.Differences }),
            },
            [
                .. results.Select(LineOf),
                $"{results.Length - failed.Length:N0} passed, {failed.Length:N0} failed",
            ]);
        return failed.Length == 0 ? WorkerHost.ExitDone : WorkerHost.ExitFailed;
    }

    private static IEnumerable<string> FilesOf(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files = [.. Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal)];
        return files.Length > 0
            ? files
            : throw new ToolException(WorkerHost.ExitConfiguration, $"{path} holds no *.json: name a folder of cases");
    }

    private static string LineOf(TariffCaseResult result)
    {
        string name = $"{result.Case.Id,-8} {(result.Case.Fault is null ? result.Case.Title : result.Case.File)}";
        return result.HasPassed ? $"passed   {name}" : $"FAILED   {name}: {string.Join("; ", result.Differences).ReplaceLineEndings(" ")}";
    }
}
