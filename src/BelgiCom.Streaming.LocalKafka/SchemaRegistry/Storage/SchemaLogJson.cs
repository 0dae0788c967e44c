using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Keys and values of <c>_schemas</c>. The order of a key's properties is part of the contract: compaction compares octets, and a real
/// registry must overwrite our records.
/// </summary>
internal static class SchemaLogJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static SchemaLogRecord Version(string subject, int version, int id, string schema, bool deleted) =>
        Record(new VersionKey("SCHEMA", subject, version, 1), new VersionValue(subject, version, id, null, schema, deleted));

    public static SchemaLogRecord VersionTombstone(string subject, int version) =>
        Record<VersionKey, VersionValue>(new VersionKey("SCHEMA", subject, version, 1), null);

    public static SchemaLogRecord SubjectDeleted(string subject, int upToVersion) =>
        Record(new SubjectKey("DELETE_SUBJECT", subject, 0), new SubjectDeletedValue(subject, upToVersion));

    /// <summary>The global level has no subject; a null level removes the setting.</summary>
    public static SchemaLogRecord Config(string? subject, CompatibilityLevel? level) =>
        Record(new SubjectKey("CONFIG", subject, 0), level is { } l ? new ConfigValue(l.ApiName()) : null);

    /// <exception cref="SchemaLogException">The record is not JSON of the expected form.</exception>
    public static SchemaLogChange Read(SchemaLogRecord record)
    {
        try
        {
            VersionKey key = Required(JsonSerializer.Deserialize<VersionKey>(record.Key, Options), "key");
            return key.KeyType switch
            {
                "SCHEMA" => new VersionChange(Required(key.Subject, "subject"), key.Version, Value<VersionValue>(record)),
                "DELETE_SUBJECT" => new SubjectDeletedChange(Required(key.Subject, "subject"), Value<SubjectDeletedValue>(record)),
                "CONFIG" => new ConfigChange(key.Subject, Value<ConfigValue>(record)),
                // NOOP, MODE, CONTEXT, CLEAR_SUBJECT: records that only a real registry uses.
                _ => new NoChange(),
            };
        }
        catch (JsonException e)
        {
            throw new SchemaLogException(
                $"The schema log holds a record that is not a registry's: key {Encoding.UTF8.GetString(record.Key)}. Use another topic, "
                + $"or delete this one.", e);
        }
    }

    private static T? Value<T>(SchemaLogRecord record)
        where T : class => record.Value is null ? null : JsonSerializer.Deserialize<T>(record.Value, Options);

    private static T Required<T>(T? value, string what)
        where T : class => value ?? throw new JsonException($"{what} is missing");

    private static SchemaLogRecord Record<TKey, TValue>(TKey key, TValue? value)
        where TValue : class =>
        new(JsonSerializer.SerializeToUtf8Bytes(key, Options), value is null ? null : JsonSerializer.SerializeToUtf8Bytes(value, Options));
}

internal sealed record VersionKey(
    [property: JsonPropertyName("keytype")] string KeyType,
    [property: JsonPropertyName("subject")] string? Subject,
    [property: JsonPropertyName("version")] int Version,
    [property: JsonPropertyName("magic")] int Magic);

internal sealed record SubjectKey(
    [property: JsonPropertyName("keytype")] string KeyType,
    [property: JsonPropertyName("subject")] string? Subject,
    [property: JsonPropertyName("magic")] int Magic);

internal sealed record VersionValue(
    [property: JsonPropertyName("subject")] string Subject,
    [property: JsonPropertyName("version")] int Version,
    [property: JsonPropertyName("id")] int Id,
    [property: JsonPropertyName("schemaType"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SchemaType,
    [property: JsonPropertyName("schema")] string? Schema,
    [property: JsonPropertyName("deleted")] bool Deleted);

internal sealed record SubjectDeletedValue(
    [property: JsonPropertyName("subject")] string Subject,
    [property: JsonPropertyName("version")] int Version);

internal sealed record ConfigValue([property: JsonPropertyName("compatibilityLevel")] string? CompatibilityLevel);

/// <summary>What one record of the log changes; a null value deletes.</summary>
internal abstract record SchemaLogChange;

internal sealed record VersionChange(string Subject, int Version, VersionValue? Value) : SchemaLogChange;

internal sealed record SubjectDeletedChange(string Subject, SubjectDeletedValue? Value) : SchemaLogChange;

internal sealed record ConfigChange(string? Subject, ConfigValue? Value) : SchemaLogChange;

internal sealed record NoChange : SchemaLogChange;
