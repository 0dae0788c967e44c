using System.Buffers;
using System.Text.Json;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Retention;
using Microsoft.AspNetCore.Builder;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Shows the fields of archived records, each under the schema by which it was written. The registry knows that schema by the id in the
/// record's header: the configured registry, or the one of an embedded run in the data folder.
/// </summary>
internal sealed class RecordFields : IAsyncDisposable
{
    private readonly Dictionary<int, AvroSchema> _schemas = [];
    private readonly SchemaRegistryClient? _registry;
    private readonly DataFolder? _folder;
    private readonly EmbeddedDefault? _embedded;

    private RecordFields(SchemaRegistryClient? registry, DataFolder? folder = null, EmbeddedDefault? embedded = null)
    {
        _registry = registry;
        _folder = folder;
        _embedded = embedded;
    }

    /// <summary>Finds the registry. Where there is none, records are shown without their fields.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="cancellationToken">Stops the start of the embedded registry.</param>
    public static async Task<RecordFields> OpenAsync(string data, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = ToolDefaults.ArchiveBuilder(data);
        bool isNamed = !string.IsNullOrEmpty(builder.Configuration["SchemaRegistry:Url"]);
        if (!isNamed && !(string.IsNullOrEmpty(builder.Configuration["Kafka:BootstrapServers"]) && HasBroker(data)))
        {
            return new RecordFields(null);
        }

        DataFolder? folder = isNamed ? null : DataFolder.Open(data);
        try
        {
            EmbeddedDefault? embedded = folder is null
                ? null
                : await EmbeddedDefault.StartAsync(folder, builder.Configuration, cancellationToken);
            SchemaRegistryOptions options = builder.AddValidatedOptions<SchemaRegistryOptions>("SchemaRegistry");
            builder.ThrowOnFaults();
            return new RecordFields(new SchemaRegistryClient(options), folder, embedded);
        }
        catch
        {
            folder?.Dispose();
            throw;
        }
    }

    /// <summary>The fields of a record, or null and why they are not shown; its octets are shown in any case.</summary>
    public async Task<(JsonElement? Fields, string? MissingBecause)> OfAsync(ArchivedRecord record, CancellationToken cancellationToken)
    {
        if (!WireFormat.TryReadHeader(record.Value, out int id))
        {
            return (null, "the value does not begin with the id of a schema");
        }

        if (_registry is null)
        {
            return (null, $"its schema is {id} of a registry: set SchemaRegistry__Url");
        }

        try
        {
            if (!_schemas.TryGetValue(id, out AvroSchema? schema))
            {
                _schemas[id] = schema = AvroSchema.Parse(await _registry.GetSchemaAsync(id, cancellationToken));
            }

            ArrayBufferWriter<byte> octets = new();
            using Utf8JsonWriter json = new(octets);
            AvroFault fault = AvroJson.Write(schema, record.Value.AsSpan(WireFormat.HeaderSize), json);
            if (fault != AvroFault.None)
            {
                return (null, $"the value is not of its schema {id}: {fault}");
            }

            await json.FlushAsync(cancellationToken);
            using JsonDocument fields = JsonDocument.Parse(octets.WrittenMemory);
            return (fields.RootElement.Clone(), null);
        }
        catch (Exception cause) when (cause is SchemaRegistryException or AvroSchemaException)
        {
            return (null, cause.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _registry?.Dispose();
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }

        _folder?.Dispose();
    }

    private static bool HasBroker(string data) =>
        Directory.Exists(Path.Combine(data, "broker")) || Directory.Exists(Path.Combine(data, "apache-kafka"));
}
