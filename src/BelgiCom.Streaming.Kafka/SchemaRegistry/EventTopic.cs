using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Avro;

namespace BelgiCom.Streaming.Kafka;

/// <summary>Opens the topics that a program reads or writes.</summary>
public static class EventTopic
{
    /// <summary>Looks our schema up, so that a program does not start beside a registry that does not know it.</summary>
    /// <typeparam name="T">The record that we read and write: a class, or a view.</typeparam>
    /// <param name="name">Name of the topic.</param>
    /// <param name="registry">Registry; asked again for each schema that a value names first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SchemaRegistryException">Our schema is not registered, or the registry does not answer or refuses us.</exception>
    public static async Task<EventTopic<T>> OpenAsync<T>(string name, ISchemaRegistry registry, CancellationToken cancellationToken)
        where T : IAvroRecord<T>, allows ref struct => new(
            name, await SchemaSubjects.FindIdAsync(registry, name, T.Schema, cancellationToken).ConfigureAwait(false), registry);
}

/// <summary>
/// The values of a topic: reads what any release wrote, by the schema that the value names, and writes what ours does. Records that an
/// older release wrote are still on the topics, and those of a newer one may come before we are upgraded; values of our own schema are read
/// as they are.
/// </summary>
/// <typeparam name="T">The record that we read and write: a class, or a view.</typeparam>
/// <remarks>For one thread. What a view shows, and what <see cref="Write"/> gives, lives until the next call.</remarks>
public sealed class EventTopic<T>
    where T : IAvroRecord<T>, allows ref struct
{
    /// <summary>
    /// Schemas remembered, those that do not exist included: ids come from records, and a flood of made-up ones must not fill the memory.
    /// </summary>
    public const int SchemasMax = 1024;

    private const int SmallestValue = 1024;

    private readonly ISchemaRegistry _registry;
    private readonly Dictionary<int, SchemaResolver?> _resolvers = [];
    private readonly ArrayBufferWriter<byte> _resolved = new();
    private byte[] _value = [];
    private int _lastId;
    private SchemaResolver? _last;

    internal EventTopic(string name, int schemaId, ISchemaRegistry registry)
    {
        Name = name;
        SchemaId = schemaId;
        _registry = registry;
    }

    /// <summary>Name of the topic.</summary>
    public string Name { get; }

    /// <summary>Id of our schema, which the values carry that we write.</summary>
    public int SchemaId { get; }

    /// <summary>Reads a value.</summary>
    /// <param name="value">Value with its header.</param>
    /// <param name="record">The record in our schema; what the writer did not have, by its default.</param>
    /// <returns>False when there is no such schema, ours cannot read it, or the body is not of it.</returns>
    /// <exception cref="SchemaRegistryException">The registry did not answer or refuses us: the record must not be passed.</exception>
    public bool TryRead(ReadOnlySpan<byte> value, [MaybeNullWhen(false)] out T record) =>
        WireFormat.TryReadHeader(value, out int id) && id == SchemaId
            ? T.TryRead(value[WireFormat.HeaderSize..], out record)
            : TryReadOther(value, out record);

    /// <summary>Tells, of a value that could not be read, whether it names a schema that we cannot read any value of.</summary>
    /// <param name="value">Value with its header.</param>
    public bool IsOfUnknownSchema(ReadOnlySpan<byte> value) =>
        WireFormat.TryReadHeader(value, out int id) && id != SchemaId && ResolverOf(id) is null;

    /// <summary>Writes a value: the header with our schema's id, and the record.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="OverflowException">An amount does not fit in its decimal.</exception>
    public ReadOnlySpan<byte> Write(scoped in T record)
    {
        // Its methods are readonly, which cannot be said here: a view, some hundred octets, would be copied for each call.
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

    /// <summary>Apart, so that what is usual stays short.</summary>
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
            // Those in use are asked for once more.
            _resolvers.Clear();
        }

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
