using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Opens the topics that a program reads or writes.</summary>
public static class EventTopic
{
    /// <summary>Opens a topic. It looks our schema up, so that no program starts beside a registry that does not know the schema.</summary>
    /// <typeparam name="T">The record that we read and write: a class, or a view.</typeparam>
    /// <param name="name">Name of the topic.</param>
    /// <param name="registry">Registry; it is asked once for each schema that a value names.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">Our schema is not registered, or the registry does not answer or refuses us.</exception>
    public static async Task<EventTopic<T>> OpenAsync<T>(string name, ISchemaRegistry registry, CancellationToken cancellationToken)
        where T : IAvroRecord<T>, allows ref struct => new(
            name, await SchemaSubjects.FindIdAsync(registry, name, T.Schema, cancellationToken).ConfigureAwait(false), registry);
}

/// <summary>
/// The values of a topic. It reads a value by the schema that the value names, whichever release wrote it, and writes values with our
/// schema: records of an older release are still on the topics, and those of a newer one may come before we are upgraded. A value of our
/// own schema is decoded as it is.
/// </summary>
/// <typeparam name="T">The record that we read and write: a class, or a view.</typeparam>
/// <remarks>For one thread. A view that was read, and the octets that <see cref="Write"/> returns, are valid until the next call.</remarks>
public sealed class EventTopic<T>
    where T : IAvroRecord<T>, allows ref struct
{
    /// <summary>
    /// Most schemas that are remembered, including ids without a schema. Ids come from records, so a flood of invented ids must not fill
    /// the memory.
    /// </summary>
    public const int SchemasMax = 1024;

    private const int SmallestValue = 1024;

    private readonly ISchemaRegistry _registry;
    private readonly Dictionary<int, SchemaResolver?> _resolvers = [];
    private readonly ArrayBufferWriter<byte> _resolved = new();
    private byte[] _value = [];
    private int _lastId;
    private SchemaResolver? _last;
    private bool _hasUnknown;

    internal EventTopic(string name, int schemaId, ISchemaRegistry registry)
    {
        Name = name;
        SchemaId = schemaId;
        _registry = registry;
    }

    /// <summary>Name of the topic.</summary>
    public string Name { get; }

    /// <summary>Id of our schema; the values that we write carry it.</summary>
    public int SchemaId { get; }

    /// <summary>Reads a value.</summary>
    /// <param name="value">Value with its header.</param>
    /// <param name="record">The record in our schema. A field that the writer's schema does not have has its default.</param>
    /// <returns>False when the registry has no such schema, ours cannot read it, or the body does not fit it.</returns>
    /// <exception cref="SchemaRegistryException">The registry did not answer or refuses us: the record must not be passed.</exception>
    public bool TryRead(ReadOnlySpan<byte> value, [MaybeNullWhen(false)] out T record) =>
        WireFormat.TryReadHeader(value, out int id) && id == SchemaId
            ? T.TryRead(value[WireFormat.HeaderSize..], out record)
            : TryReadOther(value, out record);

    /// <summary>Whether a value that could not be read names a schema of which ours can read no value at all.</summary>
    /// <param name="value">Value with its header.</param>
    public bool IsOfUnknownSchema(ReadOnlySpan<byte> value) =>
        WireFormat.TryReadHeader(value, out int id) && id != SchemaId && ResolverOf(id) is null;

    /// <summary>
    /// Forgets that ids had no schema, so that values which name them are asked for again: a registry may learn a schema later than its
    /// first value comes. Call it once per batch, so that a batch costs one question per id.
    /// </summary>
    public void AskAgain()
    {
        if (!_hasUnknown)
        {
            return;
        }

        foreach ((int id, SchemaResolver? resolver) in _resolvers)
        {
            if (resolver is null)
            {
                _resolvers.Remove(id);
            }
        }

        _hasUnknown = false;
    }

    /// <summary>Writes a value: the header with our schema's id, and the record.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="OverflowException">An amount does not fit in its decimal.</exception>
    public ReadOnlySpan<byte> Write(scoped in T record)
    {
        // The cast avoids a copy of some hundred octets per call: C# cannot know that the methods of the interface leave a view unchanged.
        ref T own = ref Unsafe.AsRef(in record);
        int most = WireFormat.HeaderSize + own.MaxSize;
        if (_value.Length < most)
        {
            _value = new byte[Math.Max(most, Math.Max(_value.Length * 2, SmallestValue))];
            WireFormat.WriteHeader(_value, SchemaId);
        }

        AvroWriter writer = new(_value.AsSpan(WireFormat.HeaderSize));
        own.WriteTo(ref writer);
        return _value.AsSpan(0, WireFormat.HeaderSize + writer.Written);
    }

    /// <summary>A method of its own, so that the usual case stays short.</summary>
    private bool TryReadOther(ReadOnlySpan<byte> value, [MaybeNullWhen(false)] out T record)
    {
        if (WireFormat.TryReadHeader(value, out int id) && TryResolve(id, value[WireFormat.HeaderSize..], out ReadOnlySpan<byte> ours))
        {
            return T.TryRead(ours, out record);
        }

        record = default;
        return false;
    }

    private bool TryResolve(int id, ReadOnlySpan<byte> body, out ReadOnlySpan<byte> ours)
    {
        ours = body;
        if (_last is null || id != _lastId)
        {
            (_lastId, _last) = (id, ResolverOf(id));
        }

        if (_last is null or { IsIdentity: true })
        {
            return _last is not null;
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

    private SchemaResolver? ResolverOf(int id)
    {
        if (_resolvers.TryGetValue(id, out SchemaResolver? known))
        {
            return known;
        }

        SchemaResolver? found = WrittenWith(id) is { } writer ? Compile(writer) : null;
        if (_resolvers.Count >= SchemasMax)
        {
            // Schemas that are still in use are asked for once more.
            _resolvers.Clear();
        }

        _hasUnknown |= found is null;
        return _resolvers[id] = found;
    }

    private string? WrittenWith(int id)
    {
        try
        {
            return _registry.GetSchemaAsync(id, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (SchemaRegistryException failure) when (failure.Failure == SchemaRegistryFailure.NotFound)
        {
            return null;
        }
    }

    private static SchemaResolver? Compile(string writerSchemaJson)
    {
        try
        {
            return SchemaResolver.Create(writerSchemaJson, T.Schema);
        }
        catch (AvroSchemaException)
        {
            return null;
        }
    }
}
