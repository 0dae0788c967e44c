using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>Ids of the schemas that rating reads and writes, registered at start.</summary>
internal sealed class RatingSchemas
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private static readonly (string Topic, string SchemaJson)[] Used =
    [
        .. Topics.All
            .Where(topic => topic.Name is Topics.UsageReceived or Topics.UsageRated or Topics.UsageRejected or Topics.CustomerNotifications
                or Topics.RatingState or Topics.CatalogueTariffs or Topics.CustomerSubscriptions)
            .Select(topic => (topic.Name, topic.SchemaJson)),
    ];

    private readonly IReadOnlyDictionary<string, int> _ids;

    private RatingSchemas(IReadOnlyDictionary<string, int> ids) => _ids = ids;

    /// <summary>Registers our schemas; waits for a registry that does not answer yet.</summary>
    /// <exception cref="SchemaRegistryException">The registry refuses a schema.</exception>
    public static async Task<RatingSchemas> RegisterAsync(ISchemaRegistry registry, ILogger logger, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return new RatingSchemas(await SchemaSubjects.EnsureAsync(registry, Used, stopping).ConfigureAwait(false));
            }
            catch (SchemaRegistryException failure) when (failure.IsTransient)
            {
                RatingLog.RegistryUnreachable(logger, failure.Failure.ToString());
                await Task.Delay(RetryInterval, stopping).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Our id for a topic's values.</summary>
    public int IdOf(string topic) => _ids[topic];

    /// <summary>Our schema of a topic's values.</summary>
    public static string JsonOf(string topic) => Used.First(schema => schema.Topic == topic).SchemaJson;
}

/// <summary>
/// Finds the body of a value that is in the schema we read. An id that is new is asked for once; while the registry does not answer, the batch waits and is
/// then aborted, so that no offset passes a record that was not decoded.
/// </summary>
internal sealed class SchemaGate(RatingSchemas ours, ISchemaRegistry registry, TimeSpan patience, TimeProvider clock, ILogger logger, CancellationToken stopping)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<(string Topic, int Id), bool> _answers = [];
    private string _lastTopic = "";
    private int _lastId;

    /// <summary>Our id for a topic's values.</summary>
    public int IdOf(string topic) => ours.IdOf(topic);

    /// <summary>The Avro body, when the value's header names our schema of the topic or one of the same shape.</summary>
    /// <returns>False when the value has no header, or names a schema that does not exist or that we cannot read.</returns>
    /// <exception cref="SchemaRegistryException">The registry did not answer in time, or refuses us.</exception>
    public bool TryBody(string topic, ReadOnlySpan<byte> value, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (!WireFormat.TryReadHeader(value, out int id) || !Accepts(topic, id))
        {
            return false;
        }

        body = value[WireFormat.HeaderSize..];
        return true;
    }

    private bool Accepts(string topic, int id)
    {
        if (id == _lastId && ReferenceEquals(topic, _lastTopic))
        {
            return true;
        }

        if (!_answers.TryGetValue((topic, id), out bool accepted))
        {
            accepted = id == ours.IdOf(topic) || Ask(topic, id);
            _answers.Add((topic, id), accepted);
        }

        if (accepted)
        {
            (_lastTopic, _lastId) = (topic, id);
        }

        return accepted;
    }

    private bool Ask(string topic, int id)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                string schema = registry.GetSchemaAsync(id, stopping).GetAwaiter().GetResult();
                return SchemaShape.Same(schema, RatingSchemas.JsonOf(topic));
            }
            catch (SchemaRegistryException failure) when (failure.Failure == SchemaRegistryFailure.NotFound)
            {
                return false;
            }
            catch (SchemaRegistryException failure) when (failure.IsTransient && clock.GetElapsedTime(started) < patience)
            {
                RatingLog.RegistryUnreachable(logger, failure.Failure.ToString());
                stopping.WaitHandle.WaitOne(RetryInterval);
                stopping.ThrowIfCancellationRequested();
            }
        }
    }
}
