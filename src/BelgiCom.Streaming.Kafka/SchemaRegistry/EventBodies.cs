using System.Buffers;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Kafka;

/// <summary>What <see cref="EventBodies.Read"/> found. Everything but <see cref="Readable"/> is final for the record: it goes where the worker keeps what it cannot read.</summary>
public enum BodyOutcome
{
    /// <summary>The body is there, in our schema.</summary>
    Readable,

    /// <summary>The value does not begin with the header of the wire format.</summary>
    NoHeader,

    /// <summary>The registry has no schema under the id.</summary>
    UnknownSchema,

    /// <summary>Our schema cannot read what this schema writes.</summary>
    UnreadableSchema,

    /// <summary>The schema could be read, this body cannot.</summary>
    UnreadableBody,
}

/// <summary>Rewrites a body of a writer's schema into our schema. False when the body is damaged; the destination is then not used.</summary>
/// <param name="body">Avro body as it was written.</param>
/// <param name="destination">Receives the body in our schema.</param>
public delegate bool BodyRewriter(ReadOnlySpan<byte> body, IBufferWriter<byte> destination);

/// <summary>How bodies of one writer's schema are read with ours; worked out once per schema.</summary>
public readonly record struct BodyPlan
{
    private BodyPlan(bool isReadable, BodyRewriter? rewriter)
    {
        IsReadable = isReadable;
        Rewriter = rewriter;
    }

    /// <summary>The bodies cannot be read.</summary>
    public static BodyPlan Unreadable => default;

    /// <summary>Both schemas lay out the same octets.</summary>
    public static BodyPlan AsItIs => new(isReadable: true, rewriter: null);

    internal bool IsReadable { get; }

    internal BodyRewriter? Rewriter { get; }

    /// <summary>The bodies are rewritten first.</summary>
    /// <param name="rewriter">Rewrites one.</param>
    public static BodyPlan By(BodyRewriter rewriter) => new(isReadable: true, rewriter);
}

/// <summary>
/// Finds the body of a record in our schema, whichever version it was written with. The id in the header decides: our own costs a comparison; another is asked for once.
/// While the registry does not answer, the caller waits, and then fails without having passed the record: "later" is never taken for "unreadable".
/// For one thread; it blocks that thread.
/// </summary>
public sealed class EventBodies
{
    private const int MaxPlans = 10_000;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    private readonly ISchemaRegistry _registry;
    private readonly IReadOnlyDictionary<string, string> _ourSchemas;
    private readonly Func<string, string, BodyPlan> _plan;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly Dictionary<(string Topic, int Id), BodyPlan?> _plans = [];
    private readonly ArrayBufferWriter<byte> _rewritten = new();
    private (string Topic, int Id, BodyPlan? Plan) _last = ("", 0, null);

    /// <summary>Plans kept; at most 10,000.</summary>
    internal int PlanCount => _plans.Count;

    /// <summary>Makes the reader; nothing is asked yet.</summary>
    /// <param name="registry">Registry.</param>
    /// <param name="ourSchemas">Topic to the Avro schema that this process reads its values with.</param>
    /// <param name="plan">From the writer's schema and ours to how its bodies are read. Must not throw: a schema it cannot use is <see cref="BodyPlan.Unreadable"/>.</param>
    /// <param name="patience">How long one record may wait for the registry. Less than the transaction timeout, and less than the poll interval that the group allows.</param>
    /// <param name="clock">Clock for the wait.</param>
    /// <param name="logger">Where waiting is logged.</param>
    /// <param name="stopping">Ends a wait.</param>
    public EventBodies(
        ISchemaRegistry registry,
        IReadOnlyDictionary<string, string> ourSchemas,
        Func<string, string, BodyPlan> plan,
        TimeSpan patience,
        TimeProvider clock,
        ILogger logger,
        CancellationToken stopping)
    {
        _registry = registry;
        _ourSchemas = ourSchemas;
        _plan = plan;
        _patience = patience;
        _clock = clock;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>Finds the body. It is valid until the next call, or until the record's batch is released.</summary>
    /// <param name="topic">Topic of the record, one of our schemas'.</param>
    /// <param name="value">Value of the record.</param>
    /// <param name="body">Avro body in our schema; empty unless readable.</param>
    /// <exception cref="SchemaRegistryException">The registry did not answer in time, or refuses us. The record must be read again later.</exception>
    /// <exception cref="OperationCanceledException">Stopped while waiting. The record must be read again later.</exception>
    public BodyOutcome Read(string topic, ReadOnlySpan<byte> value, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (!WireFormat.TryReadHeader(value, out var id))
        {
            return BodyOutcome.NoHeader;
        }

        if (PlanOf(topic, id) is not { } plan)
        {
            return BodyOutcome.UnknownSchema;
        }

        if (!plan.IsReadable)
        {
            return BodyOutcome.UnreadableSchema;
        }

        body = value[WireFormat.HeaderSize..];
        return plan.Rewriter is null || Rewrite(plan.Rewriter, ref body) ? BodyOutcome.Readable : BodyOutcome.UnreadableBody;
    }

    private bool Rewrite(BodyRewriter rewriter, ref ReadOnlySpan<byte> body)
    {
        _rewritten.ResetWrittenCount();
        var good = rewriter(body, _rewritten);
        body = good ? _rewritten.WrittenSpan : default;
        return good;
    }

    /// <summary>Null when there is no such schema: final too, since an id is registered before the first record carries it.</summary>
    private BodyPlan? PlanOf(string topic, int id)
    {
        if (id == _last.Id && topic == _last.Topic)
        {
            return _last.Plan;
        }

        if (!_plans.TryGetValue((topic, id), out var plan))
        {
            plan = Ask(topic, id);
            if (_plans.Count >= MaxPlans)
            {
                // Only records with invented ids come to this; the real ones are asked for again.
                _plans.Clear();
            }

            _plans.Add((topic, id), plan);
        }

        _last = (topic, id, plan);
        return plan;
    }

    private BodyPlan? Ask(string topic, int id)
    {
        var started = _clock.GetTimestamp();
        while (true)
        {
            try
            {
                return _plan(_registry.GetSchemaAsync(id, _stopping).GetAwaiter().GetResult(), _ourSchemas[topic]);
            }
            catch (SchemaRegistryException failure) when (failure.Failure == SchemaRegistryFailure.NotFound)
            {
                return null;
            }
            catch (SchemaRegistryException failure) when (failure.IsTransient && _clock.GetElapsedTime(started) < _patience)
            {
                SchemaRegistryLog.Waiting(_logger, id, topic, failure.Status);
                Task.Delay(RetryInterval, _clock, _stopping).GetAwaiter().GetResult();
            }
        }
    }
}
