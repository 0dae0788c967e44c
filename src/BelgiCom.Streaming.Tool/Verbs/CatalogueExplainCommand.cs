using System.CommandLine;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using Spectre.Console;

namespace BelgiCom.Streaming.Tool;

/// <summary><c>catalogue explain</c>: shows an offering as its price list would.</summary>
internal static class CatalogueExplainCommand
{
    private static readonly string[] Places = ["zone", "destination", "band", "holiday"];

    public static Command Create()
    {
        Argument<string> offering = new("OFFERING") { Description = "Id of the offering." };
        Option<string> folder = CatalogueCommand.Folder();
        Option<DateTimeOffset?> at = new("--at")
        {
            Description = "Show the version in force at this instant. Default: now.",
            CustomParser = CommonOptions.Instant,
        };
        Option<bool> json = CommonOptions.Json();
        Command command = new("explain", "Show what an offering says: prices, bundles, places and times, in words.")
        {
            offering, folder, at, json,
        };
        command.SetAction(result => Execute(
            CatalogueFolder.Read(result.GetRequiredValue(folder)), result.GetRequiredValue(offering),
            result.GetValue(at) ?? TimeProvider.System.GetUtcNow(), result.GetValue(json)));
        return command;
    }

    private static int Execute(CatalogueContent catalogue, string offering, DateTimeOffset at, bool json)
    {
        OfferingEdition edition = Find(catalogue, offering, at);
        OfferingVersion version = edition.Published;
        IReadOnlyList<OfferingStatement> statements = OfferingWords.Of(edition);
        IEnumerable<string> notApplied = catalogue.NotApplied.Where(warning => warning.File == edition.File)
            .Select(warning => warning.Message);
        Answer.Print(
            json,
            new
            {
                version.Offering,
                version.Version,
                version.Name,
                version.ValidFrom,
                version.ValidTo,
                version.Currency,
                version.PriceBasis,
                version.VatPermille,
                statements,
                notApplied,
            },
            [Prices(version, statements), .. Others(statements)],
            [
                $"{version.Offering} version {version.Version}, from {Local.Text(version.ValidFrom)} to {Local.Text(version.ValidTo)}; "
                + $"amounts in {OfferingWords.Basis(version)}.",
                "The first price from the top that fits decides. Each part of an event is rounded once, half away from zero, at the ninth "
                + "decimal; a bill line at the cents.",
                .. notApplied.Select(message => $"not applied: {message}"),
            ]);
        return WorkerHost.ExitDone;
    }

    private static OfferingEdition Find(CatalogueContent catalogue, string offering, DateTimeOffset at)
    {
        OfferingEdition[] versions = [.. catalogue.Editions.Where(edition => edition.Published.Offering == offering)];
        OfferingEdition? begun = versions.LastOrDefault(edition => edition.Published.ValidFrom <= at);
        return begun is not null && (begun.Published.ValidTo is null || begun.Published.ValidTo > at)
            ? begun
            : throw new ToolException(
                WorkerHost.ExitConfiguration,
                versions.Length == 0
                    ? $"there is no offering '{offering}': "
                    + $"{string.Join(", ", catalogue.Editions.Select(edition => edition.Published.Offering).Distinct())}"
                    : $"no version of '{offering}' is in force at {Local.Text(at)}: choose an instant with --at");
    }

    private static Table Prices(OfferingVersion version, IReadOnlyList<OfferingStatement> statements)
    {
        Table table = new Table().Border(TableBorder.Simple).Title(Markup.Escape(version.Name)).AddColumns("price", "for", "amount", "");
        foreach (IGrouping<string, OfferingStatement> price in statements.Where(IsOfPrice).GroupBy(one => one.Subject))
        {
            string rest = string.Join(
                "; ", price.Where(one => one.Property is not ("for" or "price")).Select(one => $"{one.Property} {one.Text}"));
            table.AddRow(
                [
                    .. new[] { price.Key["price ".Length..], TextOf(price, "for"), TextOf(price, "price"), rest }.Select(Markup.Escape)]);
        }

        return table;
    }

    /// <summary>Everything that is no price: terms in one table, places and times in another.</summary>
    private static IEnumerable<Table> Others(IReadOnlyList<OfferingStatement> statements)
    {
        foreach (IGrouping<bool, OfferingStatement> group in statements
            .Where(one => !IsOfPrice(one)).GroupBy(one => Places.Contains(one.Subject.Split(' ')[0])))
        {
            Table table = new Table().Border(TableBorder.Simple).AddColumns(group.Key ? "place or time" : "terms", "", "");
            foreach (OfferingStatement one in group)
            {
                table.AddRow([.. new[] { one.Subject, one.Property, one.Text }.Select(Markup.Escape)]);
            }

            yield return table;
        }
    }

    private static bool IsOfPrice(OfferingStatement one) => one.Subject.StartsWith("price ", StringComparison.Ordinal);

    private static string TextOf(IEnumerable<OfferingStatement> price, string property) =>
        price.FirstOrDefault(one => one.Property == property)?.Text ?? "not published";
}
