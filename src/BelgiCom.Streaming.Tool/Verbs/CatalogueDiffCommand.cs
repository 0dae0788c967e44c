using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Hosting;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>catalogue diff</c>: says what changes for the customers of each offering, and from when.</summary>
internal static class CatalogueDiffCommand
{
    public static Command Create()
    {
        Argument<string> before = new("OLD") { Description = "Folder of tariffs as they are." };
        Argument<string> after = new("NEW") { Description = "Folder of tariffs as they will be." };
        Option<bool> json = CommonOptions.Json();
        Command command = new("diff", "Say what changes between two folders: per offering and price old, new, percent, from when.")
        {
            before, after, json,
        };
        command.SetAction(result =>
        {
            IReadOnlyList<CatalogueChange> changes = CatalogueDiff.Between(
                CatalogueFolder.Read(result.GetRequiredValue(before)), CatalogueFolder.Read(result.GetRequiredValue(after)));
            Answer.Print(
                result.GetValue(json),
                new { changes },
                changes.GroupBy(change => (change.Offering, change.Version, change.From)).Select(group => TableOf([.. group])),
                changes.Count == 0
                    ? "nothing changes"
                    : $"{changes.Count:N0} changes in {changes.Select(change => change.Offering).Distinct().Count():N0} offerings");
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Table TableOf(CatalogueChange[] changes)
    {
        CatalogueChange first = changes[0];
        string version = first.Version == 0
            ? "is gone"
            : string.Create(CultureInfo.InvariantCulture, $"version {first.Version}, from {Local.Text(first.From)}");
        Table table = new Table().Border(TableBorder.Simple).Title(Markup.Escape($"{first.Offering}, {version}"))
            .AddColumns("what", "", "old", "new").AddColumn(new TableColumn("percent").RightAligned());
        foreach (CatalogueChange change in changes)
        {
            string percent = change.Percent is { } value ? value.ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) : "";
            table.AddRow(
                [
                    .. new[] { change.Subject, change.Property, change.Old ?? "–", change.New ?? "–", percent }.Select(Markup.Escape)]);
        }

        return table;
    }
}
