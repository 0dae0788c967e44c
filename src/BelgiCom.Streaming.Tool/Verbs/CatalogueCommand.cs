using System.CommandLine;
using System.Globalization;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// <c>catalogue check|show|explain|diff|apply|test</c>: checks, shows or compares the tariffs of a folder, publishes them to
/// Kafka__BootstrapServers, or runs cases.
/// </summary>
internal static class CatalogueCommand
{
    public static Command Create() => new("catalogue", "Check, show, compare or publish tariffs, or hold them against cases.")
    {
        Check(), Show(), CatalogueExplainCommand.Create(), CatalogueDiffCommand.Create(), Apply(), CatalogueTest.Create(),
    };

    private static Command Check()
    {
        (Option<string> folder, Option<bool> json) = (Folder(), CommonOptions.Json());
        Command command = new("check", "Read the folder and report every fault, exit code 1 when there is one, and every warning.")
        {
            folder, json,
        };
        command.SetAction(result =>
        {
            CatalogueContent catalogue = CatalogueFolder.Read(result.GetRequiredValue(folder));
            Answer.Print(
                result.GetValue(json),
                new { offeringVersions = catalogue.Versions.Count, warnings = catalogue.Warnings },
                [
                    .. catalogue.Warnings.Select(warning => $"warning: {warning}"),
                    $"{catalogue.Versions.Count:N0} offering versions, no faults"
                    + (catalogue.Warnings.Count == 0 ? "" : $", {catalogue.Warnings.Count:N0} warnings"),
                ]);
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command Show()
    {
        (Option<string> folder, Option<bool> json) = (Folder(), CommonOptions.Json());
        Command command = new("show", "Show offering, version, validity and number of prices.") { folder, json };
        command.SetAction(result =>
        {
            IReadOnlyList<OfferingVersion> versions = CatalogueFolder.Load(result.GetRequiredValue(folder));
            Answer.Print(result.GetValue(json), new { versions = versions.Select(VersionJson) }, versions.Select(Line));
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static Command Apply()
    {
        (Option<string> folder, Option<bool> json) = (Folder(), CommonOptions.Json());
        Command command = new(
            "apply", "Publish the versions that the topic does not have; a published version never changes.") { folder, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            IReadOnlyList<OfferingVersion> versions = ReferenceData.ReadToPublish(result.GetRequiredValue(folder));
            using Publishing publishing = await ToolSettings.PublishingAsync();
            PublishResult published = await publishing.Reference.PublishAsync(versions, cancellationToken);
            Answer.Print(
                result.GetValue(json), published,
                $"{published.Written:N0} offering versions published, {published.Unchanged:N0} were there");
            return WorkerHost.ExitDone;
        });
        return command;
    }

    private static object VersionJson(OfferingVersion version) => new
    {
        version.Offering,
        version.Version,
        version.Name,
        version.ValidFrom,
        version.ValidTo,
        version.Currency,
        prices = version.Prices.Count,
        bundles = version.Bundles.Count,
    };

    private static string Line(OfferingVersion version) =>
        $"{version.Offering,-24} version {version.Version,3}  from {Instant(version.ValidFrom),-17}  to {Instant(version.ValidTo),-17}  "
        + $"{version.Prices.Count,3} prices  {version.Bundles.Count,2} bundles  {version.Name}";

    private static string Instant(DateTimeOffset? instant) =>
        instant?.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture) ?? "open";

    internal static Option<string> Folder() =>
        new("--catalogue") { Description = "Folder of tariffs (YAML), one offering a file.", Required = true };
}
