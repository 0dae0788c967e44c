using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using BelgiCom.Streaming.LocalKafka;

namespace BelgiCom.Streaming.Testing;

/// <summary>Keeps the log in memory, as a topic that is never compacted.</summary>
public sealed class MemorySchemaLog : ISchemaLog
{
    private readonly ConcurrentQueue<SchemaLogRecord> _records = new();

    public IReadOnlyList<SchemaLogRecord> Records => [.. _records];

    /// <summary>Thrown by the next append: before it is stored, or after, as when the answer is lost.</summary>
    public (Exception Error, bool Stored)? NextFailure { get; set; }

    public Task AppendAsync(byte[] key, byte[]? value, CancellationToken cancellationToken)
    {
        (Exception Error, bool Stored)? failure = NextFailure;
        NextFailure = null;
        if (failure is null or { Stored: true })
        {
            _records.Enqueue(new(key, value));
        }

        return failure is { } f ? Task.FromException(f.Error) : Task.CompletedTask;
    }

    public async IAsyncEnumerable<SchemaLogRecord> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (SchemaLogRecord record in Records)
        {
            yield return record;
        }

        await Task.CompletedTask;
    }

    public void Add(string key, string? value) =>
        _records.Enqueue(new(Encoding.UTF8.GetBytes(key), value is null ? null : Encoding.UTF8.GetBytes(value)));
}
