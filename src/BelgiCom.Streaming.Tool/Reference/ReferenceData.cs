using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>Catalogue and subscriptions that the workers need before the first usage.</summary>
internal sealed class ReferenceData
{
    private readonly IReadOnlyList<OfferingVersion> _catalogue;
    private readonly string? _subscriptions;

    private ReferenceData(IReadOnlyList<OfferingVersion> catalogue, string? subscriptions)
    {
        _catalogue = catalogue;
        _subscriptions = subscriptions;
    }

    /// <summary>Reads the catalogue; the subscriptions are read when they are published, because they need the pseudonyms' key.</summary>
    /// <param name="catalogue">Folder, or null for the sample catalogue.</param>
    /// <param name="subscriptions">File, or null for those of the samples.</param>
    /// <exception cref="InputFaultException">A tariff is wrong.</exception>
    /// <exception cref="ToolException">A path does not exist.</exception>
    public static ReferenceData Read(string? catalogue, string? subscriptions)
    {
        ThrowUnlessThere(catalogue, subscriptions);
        return new ReferenceData(ReadToPublish(catalogue ?? SampleFiles.Catalogue), subscriptions ?? SampleFiles.Subscriptions);
    }

    /// <summary>Reads what is given; the topics have the rest.</summary>
    /// <param name="catalogue">Folder, or null for none.</param>
    /// <param name="subscriptions">File, or null for none.</param>
    /// <exception cref="InputFaultException">A tariff is wrong.</exception>
    /// <exception cref="ToolException">A path does not exist.</exception>
    public static ReferenceData ReadGiven(string? catalogue, string? subscriptions)
    {
        ThrowUnlessThere(catalogue, subscriptions);
        return new ReferenceData(catalogue is null ? [] : ReadToPublish(catalogue), subscriptions);
    }

    /// <summary>
    /// Reads a catalogue to charge by, and says on standard error what of it nothing applies: a fee that nobody charges must not be found
    /// on the first bill.
    /// </summary>
    /// <exception cref="InputFaultException">A tariff is wrong.</exception>
    public static IReadOnlyList<OfferingVersion> ReadToPublish(string folder)
    {
        CatalogueContent catalogue = CatalogueFolder.Read(folder);
        foreach (InputFault warning in catalogue.NotApplied)
        {
            Console.Error.WriteLine($"warning: {warning}");
        }

        return catalogue.Versions;
    }

    /// <summary>Whether nothing was given.</summary>
    public bool IsEmpty => _catalogue.Count == 0 && _subscriptions is null;

    /// <summary>Whether a price asks if the called number is of the caller's account, so that usage must say who was called.</summary>
    public bool AsksWhoWasCalled => _catalogue.Any(AccountTerms.AskForGroups);

    /// <summary>Publishes the tariffs and subscriptions that the topics do not hold yet.</summary>
    /// <exception cref="InputFaultException">The subscriptions are wrong, or a published version was changed.</exception>
    public async Task PublishAsync(ReferenceTopics topics, CancellationToken cancellationToken)
    {
        await topics.PublishAsync(_catalogue, cancellationToken);
        if (_subscriptions is not null)
        {
            await topics.PublishAsync(_subscriptions, overwrite: true, cancellationToken);
        }
    }

    private static void ThrowUnlessThere(string? catalogue, string? subscriptions)
    {
        if (catalogue is not null && !Directory.Exists(catalogue))
        {
            throw new ToolException(
                WorkerHost.ExitConfiguration,
                $"the catalogue folder '{catalogue}' does not exist: give a folder of *.yaml files with --catalogue");
        }

        if (subscriptions is not null)
        {
            ReferenceTopics.RequireSubscriptions(subscriptions);
        }
    }
}
