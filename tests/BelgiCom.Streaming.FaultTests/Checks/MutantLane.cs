using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>Bugs to plant.</summary>
public enum Mutant
{
    None,
    NoSeekAfterAbort,
    OffsetsBeforeTheTransaction,
    OffsetsAfterTheTransaction,
    OffsetOfTheLastRecord,
    OffsetOneTooFar,
    DedupOff,
    BankersRounding,
    StateNotRestored,
    StateNotUndoneAfterAbort,
    PoisonDropped,
    NotifiedAgainAfterRestart,
    AbortedOutputVisible,
    OutOfOrder,
}

/// <summary>
/// A consume loop over usage in memory, written for this purpose: it does what the worker does, aborts and crashes by chance, and can have
/// one bug. The code under test is not here but the checker that looks at the outcome.
/// </summary>
internal sealed class MutantLane
{
    private const int SchemaId = 7;
    private const int Subscribers = 4;
    private const int Events = 240;
    private const long UnitSizeInTheWorld = 8;
    private const long UnitPriceNanosInTheWorld = 13;

    private readonly Mutant _mutant;
    private readonly Random _random;
    private readonly List<ReceivedRecord> _log;
    private readonly List<RatedLine> _rated = [];
    private readonly List<RejectedLine> _rejected = [];
    private readonly List<NotificationLine> _notifications = [];
    private SubscriberRater _rater = New();
    private int _position;
    private int _committed;

    private MutantLane(Mutant mutant, int seed, int partition)
    {
        _mutant = mutant;
        _random = new Random(seed + (partition * 1000));
        _log = Log(seed, partition);
    }

    /// <summary>Runs every partition and gives what the audit finds.</summary>
    public static IReadOnlyList<Finding> Run(Mutant mutant, int seed)
    {
        TopicContents contents = Contents(mutant, seed);
        return RatingAudit.Find(contents, Recomputation.Of(contents.Received, Subscribers, new Dictionary<int, int> { [SchemaId] = 0 }));
    }

    /// <summary>Rated usage of a run without a bug.</summary>
    public static IReadOnlyList<RatedLine> Rated(int seed) => Contents(Mutant.None, seed).Rated;

    private static TopicContents Contents(Mutant mutant, int seed)
    {
        IEnumerable<int> partitions = Enumerable.Range(0, RatingPlatform.Partitions);
        MutantLane[] lanes = [.. partitions.Select(partition => new MutantLane(mutant, seed, partition))];
        foreach (MutantLane lane in lanes)
        {
            lane.RunToEnd();
        }

        return new TopicContents(
            [.. lanes.SelectMany(lane => lane._log)],
            [.. lanes.SelectMany(lane => lane._rated)],
            [.. lanes.SelectMany(lane => lane._rejected)],
            [.. lanes.SelectMany(lane => lane._notifications)]);
    }

    private static SubscriberRater New() => new(Enumerable.Range(0, Subscribers));

    /// <summary>Makes the usage of one partition: some of it comes twice, some is poison.</summary>
    private static List<ReceivedRecord> Log(int seed, int partition)
    {
        Random random = new(seed);
        FaultUsage usage = new(SchemaId, seed, Subscribers);
        List<byte[]> values = [];
        foreach (UsageToSend record in usage.Events(0, Events).Where(record => record.Partition == partition))
        {
            values.Add(record.Value!);
            switch (random.Next(15))
            {
                case 0:
                    values.Add(values[random.Next(values.Count)]);
                    break;
                case 1:
                    values.Add(record.Value![..^1]);
                    break;
            }
        }

        return [.. values.Select((value, offset) => new ReceivedRecord(new Place(partition, offset), 0, value))];
    }

    private void RunToEnd()
    {
        while (_position < _log.Count)
        {
            int end = Math.Min(_log.Count, _position + _random.Next(1, 12));
            Output output = new();
            for (int at = _position; at < end; at++)
            {
                Handle(_log[at], output);
            }

            End(end, output);
        }
    }

    /// <summary>Ends a transaction: by chance it commits or aborts, or the process dies before or after the commit.</summary>
    private void End(int end, Output output)
    {
        int next = _mutant switch
        {
            Mutant.OffsetOfTheLastRecord => end - 1,
            Mutant.OffsetOneTooFar => end + 1,
            _ => end,
        };
        int fate = _random.Next(8);
        if (_mutant == Mutant.OffsetsBeforeTheTransaction)
        {
            _committed = next;
        }

        switch (fate)
        {
            case 0:
                Abort(end, output);
                break;
            case 1:
                Crash();
                break;
            case 2:
                Keep(output);
                _committed = _mutant == Mutant.OffsetsAfterTheTransaction ? _committed : next;
                Crash();
                break;
            default:
                Keep(output);
                _committed = next;
                _position = end;
                break;
        }
    }

    private void Abort(int end, Output output)
    {
        if (_mutant == Mutant.AbortedOutputVisible)
        {
            Keep(output);
        }

        _position = _mutant == Mutant.NoSeekAfterAbort ? end : _committed;
        if (_mutant != Mutant.StateNotUndoneAfterAbort)
        {
            _rater = Restored();
        }
    }

    private void Crash()
    {
        _position = _committed;
        _rater = _mutant == Mutant.StateNotRestored ? New() : Restored();
    }

    /// <summary>State as of the committed offset, made by doing everything before it again.</summary>
    private SubscriberRater Restored()
    {
        SubscriberRater rater = New();
        foreach (ReceivedRecord record in _log.Take(_committed))
        {
            if (UsageReceivedView.TryRead(record.Value.AsSpan(WireFormat.HeaderSize), out UsageReceivedView usage))
            {
                rater.Rate(Identified(in usage, record.Place));
            }
        }

        return rater;
    }

    private void Handle(ReceivedRecord record, Output output)
    {
        if (!UsageReceivedView.TryRead(record.Value.AsSpan(WireFormat.HeaderSize), out UsageReceivedView usage))
        {
            if (_mutant != Mutant.PoisonDropped)
            {
                output.Rejected.Add(new RejectedLine(record.Place, default, RejectedOutcome.Rejected, RejectedReason.Undecodable, [], []));
            }

            return;
        }

        RatingResult rated = _rater.Rate(Identified(in usage, record.Place));
        if (rated.Outcome is RatingOutcome.Rated or RatingOutcome.ZeroRated)
        {
            RatedLine line = SubscriberRater.Line(record.Place, in usage, in rated);
            output.Rated.Add(_mutant == Mutant.BankersRounding ? Misrounded(line) : line);
            output.Notifications.AddRange(_rater.NotificationsOf(in usage, in rated));
        }
        else
        {
            output.Rejected.Add(
                new RejectedLine(record.Place, usage.UsageId, RejectedOutcome.Duplicate, RejectedReason.AlreadyRated, [], []));
        }
    }

    private UsageRecord Identified(in UsageReceivedView usage, Place place)
    {
        UsageRecord record = UsageEvents.ToRecord(in usage, 0, withDetails: false);
        return _mutant == Mutant.DedupOff ? record with { UsageId = record.UsageId + (UInt128)(place.Offset + 1) } : record;
    }

    /// <summary>The price of roaming data, half to even: what Math.Round does when nobody says how.</summary>
    private static RatedLine Misrounded(RatedLine line)
    {
        decimal exact = (decimal)line.ChargedUnits * UnitPriceNanosInTheWorld / UnitSizeInTheWorld;
        decimal right = Math.Round(exact, MidpointRounding.AwayFromZero) / Nanos.PerUnit;
        return line.Amount == right ? line with { Amount = Math.Round(exact, MidpointRounding.ToEven) / Nanos.PerUnit } : line;
    }

    private void Keep(Output output)
    {
        if (_mutant == Mutant.OutOfOrder)
        {
            output.Rated.Reverse();
        }

        _rated.AddRange(output.Rated);
        _rejected.AddRange(output.Rejected);
        _notifications.AddRange(output.Notifications);
        if (_mutant == Mutant.NotifiedAgainAfterRestart && output.Notifications.Count > 0)
        {
            _notifications.Add(output.Notifications[0]);
        }
    }

    private sealed class Output
    {
        public List<RatedLine> Rated { get; } = [];

        public List<RejectedLine> Rejected { get; } = [];

        public List<NotificationLine> Notifications { get; } = [];
    }
}
