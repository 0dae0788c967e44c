using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>
/// Waits for a registry that does not answer. A worker asks for the ids of its own schemas at the start, when it has nothing else to do, so
/// that wait has no end. It asks for the schemas of records in the middle of a batch, so that wait ends after the patience; then the batch
/// fails and is read again.
/// </summary>
/// <param name="registry">The registry.</param>
/// <param name="patience">Longest wait for the schema of a record, 0 or more.</param>
/// <param name="clock">Clock.</param>
/// <param name="logger">Told of every failure.</param>
/// <param name="stopping">Ends all waits.</param>
public sealed class PatientRegistry(
    ISchemaRegistry registry, TimeSpan patience, TimeProvider clock, ILogger logger, CancellationToken stopping) : ISchemaRegistry
{
    /// <inheritdoc/>
    public Task<string> GetSchemaAsync(int id, CancellationToken cancellationToken) =>
        AskAsync(cancel => registry.GetSchemaAsync(id, cancel), patience, cancellationToken);

    /// <inheritdoc/>
    public Task<int> GetIdAsync(string subject, string schemaJson, CancellationToken cancellationToken) =>
        AskAsync(cancel => registry.GetIdAsync(subject, schemaJson, cancel), TimeSpan.MaxValue, cancellationToken);

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, TimeSpan longest, CancellationToken cancellationToken)
    {
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        long started = clock.GetTimestamp();
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await question(cancel.Token).ConfigureAwait(false);
            }
            catch (SchemaRegistryException failure) when (failure.IsTransient && clock.GetElapsedTime(started) < longest)
            {
                KafkaLog.RegistryUnreachable(logger, failure.Message);
                await Task.Delay(Patience.Backoff(failures), clock, cancel.Token).ConfigureAwait(false);
            }
        }
    }
}
