using System.Buffers;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Contracts;

/// <summary>
/// Bodies of whatever version of a record's schema, as bodies of ours: records that an older release wrote are still on the topics, and
/// those of a newer one may come before we are upgraded. A version is looked up and compiled once; bodies of our own version are handed
/// through.
/// </summary>
/// <remarks>For one thread. What <see cref="TryBody"/> gives lives until the next call.</remarks>
public sealed class VersionedBodies
{
    /// <summary>
    /// Versions remembered, those that do not exist included: ids come from records, and a flood of made-up ones must not fill the memory.
    /// </summary>
    public const int VersionsMax = 1024;

    private readonly string _readerSchemaJson;
    private readonly Func<int, string?> _writerSchema;
    private readonly Dictionary<int, SchemaResolver?> _versions = [];
    private readonly ArrayBufferWriter<byte> _resolved = new();
    private int _lastId;
    private SchemaResolver? _last;

    /// <summary>Reads with one schema.</summary>
    /// <param name="readerSchemaJson">Our schema, <c>SchemaJson</c> of the record.</param>
    /// <param name="writerSchema">The schema with an id; null when there is none. What it throws when it cannot know is passed on, and the
    /// id is asked for again.</param>
    public VersionedBodies(string readerSchemaJson, Func<int, string?> writerSchema)
    {
        _readerSchemaJson = readerSchemaJson;
        _writerSchema = writerSchema;
    }

    /// <summary>The body as one of ours.</summary>
    /// <param name="schemaId">Schema id in the record's header.</param>
    /// <param name="body">Body, without the header.</param>
    /// <param name="ours">The same octets, or a resolved body that lives until the next call.</param>
    /// <returns>False when there is no such schema, ours cannot read it, or the body is not of it.</returns>
    public bool TryBody(int schemaId, ReadOnlySpan<byte> body, out ReadOnlySpan<byte> ours)
    {
        ours = default;
        if (_last is null || schemaId != _lastId)
        {
            (_lastId, _last) = (schemaId, ResolverOf(schemaId));
        }

        if (_last is null)
        {
            return false;
        }

        if (_last.IsIdentity)
        {
            ours = body;
            return true;
        }

        try
        {
            _resolved.ResetWrittenCount();
            _last.Resolve(body, _resolved);
            ours = _resolved.WrittenSpan;
            return true;
        }
        catch (AvroFormatException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether there is a schema with this id that ours can read; tells what is wrong when <see cref="TryBody"/> gave none.
    /// </summary>
    /// <param name="schemaId">Schema id in the record's header.</param>
    /// <returns>False when bodies of it can never be read.</returns>
    public bool CanRead(int schemaId) => ResolverOf(schemaId) is not null;

    private SchemaResolver? ResolverOf(int schemaId)
    {
        if (_versions.TryGetValue(schemaId, out SchemaResolver? known))
        {
            return known;
        }

        SchemaResolver? found = _writerSchema(schemaId) is { } writerSchemaJson ? Compile(writerSchemaJson) : null;
        if (_versions.Count >= VersionsMax)
        {
            // Those in use are asked for once more.
            _versions.Clear();
        }

        return _versions[schemaId] = found;
    }

    private SchemaResolver? Compile(string writerSchemaJson)
    {
        try
        {
            return SchemaResolver.Create(writerSchemaJson, _readerSchemaJson);
        }
        catch (AvroSchemaException)
        {
            return null;
        }
    }
}
