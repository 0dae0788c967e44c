using System.Globalization;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// The registry's operations, without HTTP. Changes come one at a time: decide by the state, append to the log, then apply, so that nobody
/// sees a change that is not stored.
/// </summary>
internal sealed class SchemaCatalogue : IDisposable
{
    private readonly ISchemaLog _log;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile RegistryState _state;

    // Set when nobody knows whether a record is in the log. The log is then read again first, because an id that is given out twice would
    // decode records with the wrong schema.
    private bool _doubtful;

    private SchemaCatalogue(ISchemaLog log, RegistryState state)
    {
        _log = log;
        _state = state;
    }

    public RegistryState State => _state;

    /// <exception cref="SchemaLogException">The log holds what this registry cannot take over.</exception>
    public static async Task<SchemaCatalogue> LoadAsync(ISchemaLog log, CancellationToken cancellationToken) =>
        new(log, await ReadAsync(log, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// The id of the schema. If the subject has the schema, it is that one's; else a version is added, if it is compatible.
    /// </summary>
    public Task<int> RegisterAsync(string subject, string text, CancellationToken cancellationToken) => ChangeAsync(async () =>
    {
        AvroSchema schema = Parse(text);
        string normalised = schema.ToText();
        if (_state.Versions(subject).FirstOrDefault(version => version.Schema.Text == normalised) is { } same)
        {
            return same.Schema.Id;
        }

        List<string> problems = CompareWithSubject(subject, schema);
        if (problems.Count > 0)
        {
            throw RegistryError.Incompatible(subject, problems);
        }

        // Versions that were softly deleted are not given out again, because readers may still know them.
        int number = _state.AllVersions(subject).Select(version => version.Version).LastOrDefault() + 1;
        int id = _state.Find(normalised)?.Id ?? _state.HighestId + 1;
        await StoreAsync(SchemaLogJson.Version(subject, number, id, normalised, deleted: false)).ConfigureAwait(false);
        return id;
    }, cancellationToken);

    /// <summary>The version of the subject that has this schema.</summary>
    public SubjectVersion LookUp(string subject, string text, bool withDeleted)
    {
        string normalised = Parse(text).ToText();
        IReadOnlyList<SubjectVersion> versions = Known(subject, withDeleted);
        return versions.FirstOrDefault(version => version.Schema.Text == normalised) ?? throw RegistryError.SchemaNotFound();
    }

    /// <summary>Versions of a subject that has at least one, oldest first.</summary>
    public IReadOnlyList<SubjectVersion> Known(string subject, bool withDeleted)
    {
        List<SubjectVersion> versions = (withDeleted ? _state.AllVersions(subject) : _state.Versions(subject)).ToList();
        return versions.Count > 0 ? versions : throw RegistryError.SubjectNotFound(subject);
    }

    /// <param name="subject">The subject.</param>
    /// <param name="version">A number, or "latest" or -1 for the newest.</param>
    /// <param name="withDeleted">Whether softly deleted versions count.</param>
    public SubjectVersion Version(string subject, string version, bool withDeleted)
    {
        IReadOnlyList<SubjectVersion> versions = Known(subject, withDeleted);
        if (version is "latest" or "-1")
        {
            return versions[^1];
        }

        int number = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed > 0
            ? parsed
            : throw RegistryError.InvalidVersion(version);
        return versions.FirstOrDefault(v => v.Version == number) ?? throw RegistryError.VersionNotFound(version);
    }

    /// <summary>The reasons against the schema under the subject's level and versions; empty when there are none.</summary>
    public IReadOnlyList<string> Check(string subject, string text) => CompareWithSubject(subject, Parse(text));

    /// <summary>As <see cref="Check(string, string)"/>, against one version only.</summary>
    public IReadOnlyList<string> Check(string subject, string version, string text) =>
        Compare(subject, [Version(subject, version, withDeleted: false)], Parse(text));

    public Task SetLevelAsync(string? subject, CompatibilityLevel? level, CancellationToken cancellationToken) => ChangeAsync(async () =>
    {
        await StoreAsync(SchemaLogJson.Config(subject, level)).ConfigureAwait(false);
        return 0;
    }, cancellationToken);

    /// <summary>
    /// Deletes a subject and returns the numbers of its deleted versions. A permanent deletion needs a soft one before it.
    /// </summary>
    public Task<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanent, CancellationToken cancellationToken) =>
        ChangeAsync<IReadOnlyList<int>>(async () =>
        {
            IReadOnlyList<SubjectVersion> all = Known(subject, withDeleted: true);
            List<SubjectVersion> live = all.Where(version => !version.Deleted).ToList();
            if (permanent)
            {
                if (live.Count > 0)
                {
                    throw RegistryError.SubjectNotDeleted(subject);
                }

                foreach (SubjectVersion version in all)
                {
                    await StoreAsync(SchemaLogJson.VersionTombstone(subject, version.Version)).ConfigureAwait(false);
                }

                return [.. all.Select(version => version.Version)];
            }

            if (live.Count == 0)
            {
                throw RegistryError.SubjectDeleted(subject);
            }

            await StoreAsync(SchemaLogJson.SubjectDeleted(subject, live[^1].Version)).ConfigureAwait(false);
            if (_state.SubjectLevel(subject) is not null)
            {
                await StoreAsync(SchemaLogJson.Config(subject, level: null)).ConfigureAwait(false);
            }

            return [.. live.Select(version => version.Version)];
        }, cancellationToken);

    /// <summary>Deletes a version and returns its number. A permanent deletion needs a soft one before it.</summary>
    public Task<int> DeleteVersionAsync(string subject, string version, bool permanent, CancellationToken cancellationToken) =>
        ChangeAsync(async () =>
        {
            SubjectVersion target = Version(subject, version, withDeleted: permanent || version != "latest");
            if (permanent != target.Deleted)
            {
                throw permanent
                    ? RegistryError.VersionNotDeleted(subject, target.Version)
                    : RegistryError.VersionDeleted(subject, target.Version);
            }

            await StoreAsync(
                permanent
                    ? SchemaLogJson.VersionTombstone(subject, target.Version)
                    : SchemaLogJson.Version(subject, target.Version, target.Schema.Id, target.Schema.Text, deleted: true)).ConfigureAwait(
                        false);
            return target.Version;
        }, cancellationToken);

    public void Dispose() => _writing.Dispose();

    private List<string> CompareWithSubject(string subject, AvroSchema schema)
    {
        List<SubjectVersion> versions = _state.Versions(subject).ToList();
        CompatibilityLevel level = _state.SubjectLevel(subject) ?? _state.GlobalLevel;
        return Compare(subject, level.IsTransitive() ? versions : versions.TakeLast(1), schema);
    }

    private List<string> Compare(string subject, IEnumerable<SubjectVersion> versions, AvroSchema schema)
    {
        CompatibilityLevel level = _state.SubjectLevel(subject) ?? _state.GlobalLevel;
        List<string> problems = new();
        foreach (SubjectVersion version in versions)
        {
            if (level.NewReadsOld())
            {
                problems.AddRange(
                    Mismatches(schema, version.Schema.Schema).Select(m => $"the new schema cannot read version {version.Version}: {m}"));
            }

            if (level.OldReadsNew())
            {
                problems.AddRange(
                    Mismatches(version.Schema.Schema, schema).Select(m => $"version {version.Version} cannot read the new schema: {m}"));
            }
        }

        if (problems.Count > 0)
        {
            problems.Add($"compatibility {level.ApiName()}");
        }

        return problems;
    }

    /// <summary>The first few reasons are enough to mend a schema, and keep the answer small.</summary>
    private static IEnumerable<SchemaMismatch> Mismatches(AvroSchema reader, AvroSchema writer)
    {
        try
        {
            return SchemaResolution.Of(reader, writer).Mismatches.Take(20);
        }
        catch (AvroSchemaException e)
        {
            throw RegistryError.InvalidSchema(e.Message);
        }
    }

    private static AvroSchema Parse(string text)
    {
        try
        {
            return AvroSchema.Parse(text);
        }
        catch (AvroSchemaException e)
        {
            throw RegistryError.InvalidSchema(e.Message);
        }
    }

    private static async Task<RegistryState> ReadAsync(ISchemaLog log, CancellationToken cancellationToken)
    {
        RegistryState state = new();
        await foreach (SchemaLogRecord record in log.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            state = state.Apply(record);
        }

        return state;
    }

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_doubtful)
            {
                _state = await ReadAsync(_log, cancellationToken).ConfigureAwait(false);
                _doubtful = false;
            }

            return await change().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (RegistryError or OperationCanceledException))
        {
            throw RegistryError.Store($"The schema log failed, try again: {e.Message}");
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Not cancelled with the request, because a caller who hangs up must not leave the state behind the log.</summary>
    private async Task StoreAsync(SchemaLogRecord record)
    {
        _doubtful = true;
        await _log.AppendAsync(record.Key, record.Value, CancellationToken.None).ConfigureAwait(false);
        _state = _state.Apply(record);
        _doubtful = false;
    }
}
