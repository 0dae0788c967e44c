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
        Command command = new("test", "Rate the usage of cases and compare it with what they expect; exit code 2 when one differs.")
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
        TariffCase[] cases = [.. paths.SelectMany(FilesOf).SelectMany(TariffCase.Read)];
        TariffCaseResult[] results = [.. cases.Where(TariffCases.CanRun).Select(one => TariffCases.Run(one, catalogue))];
        TariffCase[] left = [.. cases.Where(one => !TariffCases.CanRun(one))];
        TariffCaseResult[] failed = [.. results.Where(result => !result.HasPassed)];
        Answer.Print(
            json,
            new
            {
                passed = results.Length - failed.Length,
                failed = failed.Length,
                notRun = left.Length,
                cases = results.Select(result => new { result.Case.File, result.Case.Id, passed = result.HasPassed, result.Differences }),
                left = left.Select(one => new { one.File, one.Id, one.Kind }),
            },
            [
                .. results.Select(LineOf),
                .. left.Select(one => $"not run  {one.Id,-8} {one.Title} (kind '{one.Kind}')"),
                $"{results.Length - failed.Length:N0} passed, {failed.Length:N0} failed, {left.Length:N0} not run",
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

    private static string LineOf(TariffCaseResult result) => result.HasPassed
        ? $"passed   {result.Case.Id,-8} {result.Case.Title}"
        : $"FAILED   {result.Case.Id,-8} {result.Case.Title}: {string.Join("; ", result.Differences)}";
}
