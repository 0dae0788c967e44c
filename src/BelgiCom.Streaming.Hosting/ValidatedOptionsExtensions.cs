using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Options that are read and checked when the host is built, so that no worker starts with a setting that it ignores.</summary>
public static class ValidatedOptionsExtensions
{
    private static readonly object RegistryKey = new();

    /// <summary>
    /// Reads the options of <paramref name="section"/>, checks them (data annotations, <c>IValidatableObject</c>, <c>required</c> members,
    /// unknown settings) and registers them as <typeparamref name="T"/> and as <see cref="IOptions{T}"/>. Faults are collected; <see
    /// cref="ThrowOnFaults"/> reports those of all sections together. Several parts of a process may read the same section, as the same
    /// type or as others; a setting that none of these types knows is a fault. Time spans are written <c>hh:mm:ss</c> or ISO 8601
    /// (<c>PT30S</c>).
    /// </summary>
    /// <typeparam name="T">A class with a parameterless constructor and settable (or init) properties.</typeparam>
    /// <param name="builder">The host being built.</param>
    /// <param name="section">Name of the section, for example <c>Rating</c>.</param>
    /// <returns>The options, for the wiring. Do not use their values before <see cref="ThrowOnFaults"/> has passed.</returns>
    public static T AddValidatedOptions<T>(this IHostApplicationBuilder builder, string section)
        where T : class
    {
        OptionsRegistry registry = RegistryOf(builder);
        if (registry.Read.TryGetValue((section, typeof(T)), out object? known))
        {
            return (T)known;
        }

        T options = Activator.CreateInstance<T>();
        new OptionsReader(registry.Faults).ReadPart(options, builder.Configuration.GetSection(section));
        registry.Read.Add((section, typeof(T)), options);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(Options.Create(options));
        return options;
    }

    /// <summary>Ends the wiring: reports the faults of all sections at once, and names sections that look mistyped.</summary>
    /// <param name="builder">The host being built.</param>
    /// <exception cref="ConfigurationFaultException">At least one setting is wrong, missing or unknown.</exception>
    public static void ThrowOnFaults(this IHostApplicationBuilder builder)
    {
        OptionsRegistry registry = RegistryOf(builder);
        string[] sections = registry.Read.Keys.Select(key => key.Section).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        foreach (string section in sections)
        {
            new OptionsReader(registry.Faults).ReportUnknown(
                builder.Configuration.GetSection(section), registry.Read.Keys.Where(key => key.Section == section).Select(key => key.Type),
                ReadElsewhere);
        }

        IEnumerable<IConfigurationSection> foreign = builder.Configuration.GetChildren()
            .Where(child =>
                child.GetChildren().Any() && !OurSections.Contains(child.Key)
                    && !sections.Contains(child.Key, StringComparer.OrdinalIgnoreCase));
        foreach (IConfigurationSection child in foreign)
        {
            if (NearestName.Of(child.Key, sections) is { } nearest)
            {
                registry.Faults.Add(
                    $"{child.Key}: no such section; did you mean {nearest} (as in {nearest}__{child.GetChildren().First().Key})");
            }
        }

        if (registry.Faults.Count > 0)
        {
            throw new ConfigurationFaultException(registry.Faults.Distinct().ToArray());
        }
    }

    // The sections of all workers. One environment may serve all of them, so a section that this worker does not read is no fault.
    private static readonly HashSet<string> OurSections = new(StringComparer.OrdinalIgnoreCase)
    {
        "Kafka", "SchemaRegistry", "Keys", "Adapters", "Rating", "Retention", "Billing", "Http", "Log",
    };

    // Settings that only some of the workers have that read their section. SettingsTests compares this list with the workers' wiring.
    private static readonly Dictionary<string, string> ReadElsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Kafka:StaticMembership"] = "billing-sync, cdr-retention, rating",
        ["Kafka:BatchMaxRecords"] = "billing-sync, cdr-retention, rating",
        ["Kafka:BatchMaxBytes"] = "billing-sync, cdr-retention, rating",
        ["Kafka:BatchMaxAge"] = "billing-sync, cdr-retention, rating",
        ["Kafka:ReadAheadMaxBytes"] = "billing-sync, cdr-retention, rating",
        ["Kafka:SessionTimeout"] = "billing-sync, cdr-retention, rating",
        ["Kafka:MaxPollInterval"] = "billing-sync, cdr-retention, rating",
        ["Kafka:TransactionTimeout"] = "adapters, rating",
        ["Kafka:CommitTimeout"] = "adapters, rating",
        ["Kafka:Lanes"] = "rating",
        ["Kafka:HandlerAttempts"] = "rating",
    };

    private static OptionsRegistry RegistryOf(IHostApplicationBuilder builder)
    {
        if (!builder.Properties.TryGetValue(RegistryKey, out object? registry))
        {
            builder.Properties[RegistryKey] = registry = new OptionsRegistry();
        }

        return (OptionsRegistry)registry;
    }

    private sealed class OptionsRegistry
    {
        public Dictionary<(string Section, Type Type), object> Read { get; } = [];

        public List<string> Faults { get; } = [];
    }
}
