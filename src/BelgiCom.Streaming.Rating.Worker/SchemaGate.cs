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
/// Opens values: finds the schema that each names and gives its body in ours. A schema that is new is asked for once; while the registry
/// does not answer, the batch waits and is then aborted, so that no offset passes a record that was not decoded.
/// </summary>
internal sealed class SchemaGate(
    RatingSchemas ours, ISchemaRegistry registry, TimeSpan patience, TimeProvider clock, ILogger logger, CancellationToken stopping)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<string, VersionedBodies> _bodies = [];
    private string _lastTopic = "";
    private VersionedBodies? _last;

    /// <summary>Our id for a topic's values.</summary>
    public int IdOf(string topic) => ours.IdOf(topic);

    /// <summary>Gives the Avro body of a value in our schema of the topic.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="value">Value with its header.</param>
    /// <param name="body">The body; valid until the next call.</param>
    /// <returns>Null, or why there is no body.</returns>
    /// <exception cref="SchemaRegistryException">The registry did not answer in time, or refuses us.</exception>
    public Rejection? Open(string topic, ReadOnlySpan<byte> value, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (!WireFormat.TryReadHeader(value, out int id))
        {
            return Rejection.Undecodable;
        }

        if (_last is null || !ReferenceEquals(topic, _lastTopic))
        {
            (_lastTopic, _last) = (topic, BodiesOf(topic));
        }

        return _last.TryBody(id, value[WireFormat.HeaderSize..], out body) ? null
            : _last.CanRead(id) ? Rejection.Undecodable
            : Rejection.UnknownSchema;
    }

    private VersionedBodies BodiesOf(string topic)
    {
        if (!_bodies.TryGetValue(topic, out VersionedBodies? bodies))
        {
            bodies = new VersionedBodies(RatingSchemas.JsonOf(topic), id => WrittenWith(topic, id));
            _bodies.Add(topic, bodies);
        }

        return bodies;
    }

    /// <summary>The schema with an id, null when the registry has none; waits for a registry that does not answer.</summary>
    private string? WrittenWith(string topic, int id)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return id == ours.IdOf(topic)
                    ? RatingSchemas.JsonOf(topic)
                    : registry.GetSchemaAsync(id, stopping).GetAwaiter().GetResult();
            }
            catch (SchemaRegistryException failure) when (failure.Failure == SchemaRegistryFailure.NotFound)
            {
                return null;
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
