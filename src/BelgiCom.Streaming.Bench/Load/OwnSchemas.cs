using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Bench;

/// <summary>No other schemas than ours, and one id for all.</summary>
internal sealed class OwnSchemas : ISchemaRegistry
{
    /// <inheritdoc/>
    public Task<int> GetIdAsync(string subject, string schemaJson, CancellationToken cancellationToken) => Task.FromResult(1);

    /// <inheritdoc/>
    public Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken) => throw new NotSupportedException();
}
