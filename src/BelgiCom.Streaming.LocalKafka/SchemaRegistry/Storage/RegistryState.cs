using System.Collections.Immutable;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>A schema with its id in the registry. <paramref name="Text"/> is the normalised text: equal schemas have equal texts.</summary>
internal sealed record RegisteredSchema(int Id, AvroSchema Schema, string Text);

/// <summary>One version of a subject. A softly deleted one can still be fetched by id, but counts for nothing else.</summary>
internal sealed record SubjectVersion(string Subject, int Version, RegisteredSchema Schema, bool Deleted);

/// <summary>
/// Everything the registry knows, computed from its log. It is immutable, so readers never wait for a writer. Only <see cref="Apply"/>
/// makes a changed copy, at the start and while serving.
/// </summary>
internal sealed record RegistryState
{
    private ImmutableDictionary<int, RegisteredSchema> ById { get; init; } = ImmutableDictionary<int, RegisteredSchema>.Empty;

    private ImmutableDictionary<string, RegisteredSchema> ByText { get; init; } = ImmutableDictionary.Create<string, RegisteredSchema>(
        StringComparer.Ordinal);

    private ImmutableSortedDictionary<string, ImmutableSortedDictionary<int, SubjectVersion>> Subjects { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<int, SubjectVersion>>(StringComparer.Ordinal);

    private ImmutableDictionary<string, CompatibilityLevel> SubjectLevels { get; init; } =
        ImmutableDictionary.Create<string, CompatibilityLevel>(StringComparer.Ordinal);

    /// <summary>The level of subjects without one of their own. Confluent's default.</summary>
    public CompatibilityLevel GlobalLevel { get; private init; } = CompatibilityLevel.Backward;

    /// <summary>Ids are given out once, from 1.</summary>
    public int HighestId { get; private init; }

    public RegisteredSchema? Find(int id) => ById.GetValueOrDefault(id);

    public RegisteredSchema? Find(string text) => ByText.GetValueOrDefault(text);

    public CompatibilityLevel? SubjectLevel(string subject) =>
        SubjectLevels.TryGetValue(subject, out CompatibilityLevel level) ? level : null;

    public IEnumerable<string> SubjectNames(bool withDeleted) =>
        Subjects.Where(subject => withDeleted || subject.Value.Values.Any(version => !version.Deleted)).Select(subject => subject.Key);

    /// <summary>The versions, oldest first, including softly deleted ones.</summary>
    public IEnumerable<SubjectVersion> AllVersions(string subject) =>
        Subjects.TryGetValue(subject, out ImmutableSortedDictionary<int, SubjectVersion>? versions) ? versions.Values : [];

    /// <summary>The versions, oldest first, without softly deleted ones.</summary>
    public IEnumerable<SubjectVersion> Versions(string subject) => AllVersions(subject).Where(version => !version.Deleted);

    /// <summary>Where a schema is in use.</summary>
    public IEnumerable<SubjectVersion> Uses(int id, bool withDeleted) =>
        Subjects.Values.SelectMany(versions => versions.Values)
            .Where(version => version.Schema.Id == id && (withDeleted || !version.Deleted));

    /// <exception cref="SchemaLogException">The record is malformed, or of a kind of schema that this registry does not serve.</exception>
    public RegistryState Apply(SchemaLogRecord record) => SchemaLogJson.Read(record) switch
    {
        VersionChange { Value: null } change => WithoutVersion(change.Subject, change.Version),
        VersionChange change => WithVersion(change.Subject, change.Version, change.Value),
        SubjectDeletedChange { Value: { } value } change => WithSubjectDeleted(change.Subject, value.Version),
        ConfigChange change => WithLevel(change.Subject, change.Value),
        _ => this,
    };

    private RegistryState WithVersion(string subject, int number, VersionValue value)
    {
        RegisteredSchema schema = Find(value.Id) ?? Parse(subject, number, value);
        ImmutableSortedDictionary<int, SubjectVersion> versions = Subjects.GetValueOrDefault(subject)
            ?? ImmutableSortedDictionary<int, SubjectVersion>.Empty;
        SubjectVersion version = new(subject, number, schema, value.Deleted);
        return this with
        {
            ById = ById.SetItem(schema.Id, schema),
            ByText = ByText.ContainsKey(schema.Text) ? ByText : ByText.SetItem(schema.Text, schema),
            Subjects = Subjects.SetItem(subject, versions.SetItem(number, version)),
            HighestId = Math.Max(HighestId, schema.Id),
        };
    }

    private static RegisteredSchema Parse(string subject, int number, VersionValue value)
    {
        string where = $"The schema log holds {subject} version {number}";
        if (value.SchemaType is not (null or "AVRO"))
        {
            throw new SchemaLogException(
                $"{where} of type {value.SchemaType}, and this registry serves only Avro. Use the registry that wrote it.");
        }

        try
        {
            AvroSchema schema = AvroSchema.Parse(value.Schema ?? "");
            return new(value.Id, schema, schema.ToText());
        }
        catch (AvroSchemaException e)
        {
            throw new SchemaLogException(
                $"{where}, which is not valid: {e.Message}. Delete that version in the registry that wrote it.", e);
        }
    }

    private RegistryState WithoutVersion(string subject, int version)
    {
        if (!Subjects.TryGetValue(subject, out ImmutableSortedDictionary<int, SubjectVersion>? versions))
        {
            return this;
        }

        ImmutableSortedDictionary<int, SubjectVersion> left = versions.Remove(version);
        return this with { Subjects = left.IsEmpty ? Subjects.Remove(subject) : Subjects.SetItem(subject, left) };
    }

    private RegistryState WithSubjectDeleted(string subject, int upToVersion)
    {
        if (!Subjects.TryGetValue(subject, out ImmutableSortedDictionary<int, SubjectVersion>? versions))
        {
            return this;
        }

        IEnumerable<KeyValuePair<int, SubjectVersion>> deleted = versions.Values.Where(v => v.Version <= upToVersion)
            .Select(v => KeyValuePair.Create(v.Version, v with { Deleted = true }));
        return this with { Subjects = Subjects.SetItem(subject, versions.SetItems(deleted)) };
    }

    private RegistryState WithLevel(string? subject, ConfigValue? value)
    {
        // A level that this registry does not know was set by a newer real one; it is read as the default, which is careful.
        CompatibilityLevel? level = CompatibilityLevels.TryParse(value?.CompatibilityLevel, out CompatibilityLevel parsed) ? parsed : null;
        if (subject is null)
        {
            return this with { GlobalLevel = level ?? CompatibilityLevel.Backward };
        }

        return this with { SubjectLevels = level is { } known ? SubjectLevels.SetItem(subject, known) : SubjectLevels.Remove(subject) };
    }
}
