using System.Buffers;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// A block of received usage, decoded to what rating needs and told apart by partition. It is filled again and again, so that a recording
/// of any length needs the memory of one round. For one thread at a time.
/// </summary>
internal sealed class UsageBatch
{
    // A record that was passed on is in the recording once more, under the subscriber's own reference.
    private const byte PassedOnMark = byte.MaxValue;

    private readonly ArrayBufferWriter<byte> _resolved = new();
    private UsageRecord[] _records = [];
    private byte[] _partitionOf = [];
    private int[] _order = [];
    private readonly int[] _starts = new int[SimulatedSubscribers.PartitionsMax + 1];

    /// <summary>The usage, as it was read.</summary>
    public AvroBlock Block { get; } = new();

    /// <summary>Rewrites bodies of another release's schema; null for bodies of ours.</summary>
    public SchemaResolver? Resolver { get; set; }

    /// <summary>Whether the usage was recorded from the topic, where usage under another name comes twice.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>Records of the block that cannot be decoded; what follows one in the block cannot be found.</summary>
    public int Undecodable { get; private set; }

    /// <summary>Records under another name, each of which comes once more under the subscriber's reference.</summary>
    public int PassedOn { get; private set; }

    /// <summary>The places of a partition's usage, in its order.</summary>
    public ReadOnlySpan<int> PlacesOf(int partition) => _order.AsSpan(_starts[partition].._starts[partition + 1]);

    /// <summary>The usage at a place.</summary>
    public ref readonly UsageRecord At(int place) => ref _records[place];

    /// <summary>Decodes the block.</summary>
    /// <param name="subscribers">Who is guided to which partition.</param>
    /// <param name="guided">Ids of recorded usage that comes once more for its account; empty where nobody shares a bundle.</param>
    /// <param name="late">The late policy; null when there is none.</param>
    /// <param name="nowMilliseconds">Usage must not begin more than a day after it, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="withDetails">Whether a tariff asks for more than most do.</param>
    public void Decode(
        SimulatedSubscribers subscribers, IReadOnlySet<UInt128> guided, LatePolicy? late, long nowMilliseconds, bool withDetails)
    {
        int count = Block.Records;
        if (_records.Length < count)
        {
            _records = new UsageRecord[count];
            _partitionOf = new byte[count];
            _order = new int[count];
        }

        (Undecodable, PassedOn) = (0, 0);
        Array.Clear(_starts);
        ReadOnlySpan<byte> rest = Block.Body.WrittenSpan;
        int read = 0;
        for (; read < count && TryRead(rest, out UsageReceivedView usage, out int length); read++)
        {
            rest = rest[length..];
            if (IsRecorded && (!usage.History.CorrectionCharge.IsEmpty || IsOtherRecord(in usage, guided)))
            {
                _partitionOf[read] = PassedOnMark;
                PassedOn++;
                continue;
            }

            if (subscribers.NamedAt(usage.SubscriberRef, usage.EventTimeMilliseconds) is { } named)
            {
                if (IsRecorded)
                {
                    _partitionOf[read] = PassedOnMark;
                    PassedOn++;
                    continue;
                }

                PassOn(ref usage, named);
            }

            _records[read] = UsageEvents.ToRecord(in usage, nowMilliseconds, withDetails, late);
            int partition = subscribers.PartitionOf(usage.SubscriberRef, usage.EventTimeMilliseconds);
            _partitionOf[read] = (byte)partition;
            _starts[partition + 1]++;
        }

        Undecodable = count - read;
        Order(read, subscribers.Partitions);
    }

    /// <summary>
    /// Adds the ids of the usage that was guided to its account, so that it is on the topic once more. For recordings alone.
    /// </summary>
    public void AddGuided(ISet<UInt128> ids)
    {
        ReadOnlySpan<byte> rest = Block.Body.WrittenSpan;
        for (int read = 0; read < Block.Records && TryRead(rest, out UsageReceivedView usage, out int length); read++)
        {
            rest = rest[length..];
            if (!usage.History.Account.IsEmpty && usage.History.CorrectionCharge.IsEmpty)
            {
                ids.Add(UsageEvents.ToNumber(usage.UsageId));
            }
        }
    }

    /// <summary>
    /// Whether another record of the topic stands for the usage. Where bundles are shared, that is the one on the account's partition;
    /// where they are not, the first.
    /// </summary>
    private static bool IsOtherRecord(scoped in UsageReceivedView usage, IReadOnlySet<UInt128> guided) => guided.Count == 0
        ? !usage.History.Account.IsEmpty
        : usage.History.Account.IsEmpty && guided.Contains(UsageEvents.ToNumber(usage.UsageId));

    /// <summary>Does what rating does with usage under another name: it goes on under the subscriber's own reference.</summary>
    private static void PassOn(ref UsageReceivedView usage, SubscriberRef named)
    {
        UsageHistoryView history = usage.History;
        history.AliasRef = usage.SubscriberRef;
        usage.HasHistory = true;
        usage.History = history;
        usage.SubscriberRef = named;
    }

    private bool TryRead(ReadOnlySpan<byte> bodies, out UsageReceivedView usage, out int length)
    {
        if (Resolver is not { } resolver)
        {
            return UsageReceivedView.TryReadFirst(bodies, out usage, out length);
        }

        _resolved.ResetWrittenCount();
        usage = default;
        return resolver.TryResolveFirst(bodies, _resolved, out length) && UsageReceivedView.TryRead(_resolved.WrittenSpan, out usage);
    }

    /// <summary>Sorts the places by partition, each partition's in their order.</summary>
    private void Order(int count, int partitions)
    {
        for (int partition = 0; partition < partitions; partition++)
        {
            _starts[partition + 1] += _starts[partition];
        }

        Span<int> next = stackalloc int[SimulatedSubscribers.PartitionsMax];
        _starts.AsSpan(0, partitions).CopyTo(next);
        for (int place = 0; place < count; place++)
        {
            if (_partitionOf[place] is not PassedOnMark and byte partition)
            {
                _order[next[partition]++] = place;
            }
        }
    }
}
