using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;

namespace BelgiCom.Streaming.Rating.Worker;

/// <summary>
/// Encodes the records that rating produces and hands them to the transaction. All their topics are co-partitioned with usage.received.v1:
/// the records of a subscriber have the same partition number everywhere.
/// </summary>
internal sealed class EventWriter(RatingTopics topics)
{
    // Least number of balances stored per batch, so that a checkpoint makes progress also when there is little usage.
    private const int LeastBalancesPerBatch = 512;

    // An event changes several meters, for example those of its session, its bundle and its tier.
    private const int MetersPerEvent = 4;

    // Most keys deleted per batch, because forgetting a month of millions of balances must not stall rating.
    private const int MaxExpiredPerBatch = 2000;

    // Most octets of a rejected value that are copied. The rest of a larger value, which is surely no usage, stays in the received topic
    // only.
    private const int MaxOriginal = 512 * 1024;

    private static readonly byte[] ReceivedTopic = Encoding.UTF8.GetBytes(Topics.UsageReceived);

    private readonly BalanceEntry[] _balances = new BalanceEntry[LeastBalancesPerBatch];
    private readonly MeterEntry[] _meters = new MeterEntry[LeastBalancesPerBatch];
    private readonly QuotaAccountCodec _accounts = new();
    private readonly ExpiredKey[] _expired = new ExpiredKey[MaxExpiredPerBatch];
    private readonly byte[] _key = new byte[StateCodec.MaxKeySize];
    private readonly ArrayBufferWriter<byte> _guided = new();
    private readonly List<int> _guidedEnds = [];
    private byte[] _ids = [];

    public void WriteRated(in UsageRatedView view, TransactionalOutput output)
    {
        output.Produce(Topics.UsageRated, view.ReceivedPartition, SubscriberKey(view.SubscriberRef), topics.Rated.Write(in view));
    }

    /// <summary>Writes one notification for each threshold of a bundle crossed, and for each step of a limit reached.</summary>
    /// <returns>How many.</returns>
    public int WriteNotifications(
        in UsageRatedView view, ThresholdKinds crossed, scoped ReadOnlySpan<SentNotice> notices, TransactionalOutput output)
    {
        int count = notices.Length;
        for (NotificationKind kind = NotificationKind.DataBundle80Percent;
            crossed != ThresholdKinds.None && kind <= NotificationKind.SmsBundleUsedUp;
            kind++)
        {
            if (((int)crossed & (1 << (int)kind)) != 0)
            {
                WriteNotification(
                    in view,
                    NotificationOf(in view, kind) with
                    {
                        NotificationId = NotificationIdentity.OfThreshold(view.SubscriberRef, kind, view.PeriodStartDays),
                    },
                    output);
                count++;
            }
        }

        foreach (SentNotice sent in notices)
        {
            WriteNotification(in view, NotificationOf(in view, sent.Notice) with { Amount = Nanos.ToDecimal(sent.SpendNanos) }, output);
        }

        return count;
    }

    public void WriteRejected(
        in ConsumedRecord record, Rejection rejection, UsageId usageId, SubscriberRef subscriber, long eventTimeMilliseconds,
        TransactionalOutput output)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(record.Value, hash);
        UsageRejectedView view = new()
        {
            UsageId = usageId,
            SubscriberRef = subscriber,
            Outcome = rejection.Outcome switch
            {
                RatingOutcome.Duplicate => RejectedOutcome.Duplicate,
                RatingOutcome.Late => RejectedOutcome.Late,
                RatingOutcome.Suspended => RejectedOutcome.Suspended,
                RatingOutcome.Conflict => RejectedOutcome.Conflict,
                _ => RejectedOutcome.Rejected,
            },
            Reason = rejection.Reason,
            Detail = rejection.DetailUtf8,
            EventTimeMilliseconds = eventTimeMilliseconds,
            ReceivedTopic = ReceivedTopic,
            ReceivedPartition = record.Partition,
            ReceivedOffset = record.Offset,
            Original = record.Value[..Math.Min(record.Value.Length, MaxOriginal)],
            OriginalHash = hash,
        };
        output.Produce(Topics.UsageRejected, record.Partition, record.Key, topics.Rejected.Write(in view));
    }

    /// <summary>
    /// Passes usage on to the subscriber who has the subscription: the same event once more on the topic it came from, under the
    /// subscriber's own reference and so on the partition where the subscriber's balance is.
    /// </summary>
    public void WritePassedOn(in UsageReceivedView received, SubscriberRef subscriber, TransactionalOutput output)
    {
        UsageReceivedView passedOn = received;
        UsageHistoryView history = received.History;
        history.AliasRef = received.SubscriberRef;
        (history.ActiveDays, history.ActiveDaysBefore, history.ActiveDaysEarlier) = (Membership.NotCounted, Membership.NotCounted, 0);
        passedOn.HasHistory = true;
        passedOn.History = history;
        passedOn.SubscriberRef = subscriber;
        output.Produce(Topics.UsageReceived, partition: null, SubscriberKey(subscriber), topics.Received.Write(in passedOn));
    }

    /// <summary>
    /// Puts usage that came with a request on usage.received.v1, under the subscriber's own reference when it came under another one.
    /// </summary>
    public void WriteReceived(in UsageReceivedView received, SubscriberRef? own, TransactionalOutput output)
    {
        if (own is { } subscriber)
        {
            WritePassedOn(in received, subscriber, output);
            return;
        }

        output.Produce(
            Topics.UsageReceived, partition: null, SubscriberKey(received.SubscriberRef), topics.Received.Write(in received));
    }

    /// <summary>
    /// Passes usage on to the partition of its account, where the bundles that the members share are counted: the same event once more on
    /// the topic it came from, under the account's key, with what was guided. It is sent by <see cref="SendGuided"/>.
    /// </summary>
    public void WriteGuided(in UsageReceivedView received, in Membership member, ReadOnlySpan<byte> offering)
    {
        UsageReceivedView guided = received;
        UsageHistoryView history = received.History;
        history.Account = member.Account;
        history.Offering = offering;
        history.ActiveDays = member.ActiveDays;
        history.ActiveDaysBefore = member.ActiveDaysBefore;
        history.ActiveDaysEarlier = member.ActiveDaysEarlier;
        history.LimitsOctets = member.Choices;
        guided.HasHistory = true;
        guided.History = history;
        ReadOnlySpan<byte> value = topics.Received.Write(in guided);
        Span<byte> record = _guided.GetSpan(AccountKey.Size + value.Length);
        BinaryPrimitives.WriteUInt128BigEndian(record, member.AccountKey);
        value.CopyTo(record[AccountKey.Size..]);
        _guided.Advance(AccountKey.Size + value.Length);
        _guidedEnds.Add(_guided.WrittenCount);
    }

    /// <summary>
    /// Sends the usage of the batch that was passed on to accounts. One by one among the batch's other records, they would trickle to all
    /// partitions in requests of a few records each, which cost broker and readers more than the records themselves.
    /// </summary>
    public void SendGuided(TransactionalOutput output)
    {
        int start = 0;
        foreach (int end in _guidedEnds)
        {
            ReadOnlySpan<byte> record = _guided.WrittenSpan[start..end];
            output.Produce(Topics.UsageReceived, partition: null, record[..AccountKey.Size], record[AccountKey.Size..]);
            start = end;
        }

        ForgetGuided();
    }

    /// <summary>Forgets what a batch that failed would have passed on.</summary>
    public void ForgetGuided()
    {
        _guided.ResetWrittenCount();
        _guidedEnds.Clear();
    }

    /// <summary>Tells of a change of prepaid money, or of an amount on its way, on the partition of its subscriber.</summary>
    public void WriteJournal(BalanceOperation operation, TransactionalOutput output) => output.Produce(
        Topics.BalanceJournal, partition: null, SubscriberKey(operation.SubscriberRef), topics.Journal.Write(operation));

    /// <summary>
    /// Writes the records for rating.state.v1 of this batch: the next portion of a checkpoint in progress, and deletions of keys that are
    /// too old.
    /// </summary>
    public void WriteState(OwnedPartition owned, TransactionalOutput output)
    {
        RatingSession session = owned.Session;
        if (session.IsCheckpointing)
        {
            WriteBalances(owned, output);
            WriteMeters(owned, output);
            WriteIds(owned, output);
            if (session.IsCheckpointTaken)
            {
                WriteState(owned.Partition, StateCodec.MarkKey, StateCodec.MarkView(owned.Mark), output);
            }
        }

        WriteAccounts(owned, output);
        WriteOperations(owned, output);
        int expired = session.TakeExpired(_expired);
        foreach (ref readonly ExpiredKey key in _expired.AsSpan(0, expired))
        {
            output.ProduceTombstone(Topics.RatingState, owned.Partition, StateCodec.KeyOf(in key, _key));
        }
    }

    /// <summary>
    /// As many balances as the batch has events. So a checkpoint ends before the next is due, and the transaction stays below twice its
    /// size.
    /// </summary>
    private void WriteBalances(OwnedPartition owned, TransactionalOutput output)
    {
        int taken;
        for (int left = Math.Max(LeastBalancesPerBatch, owned.Events); left > 0; left -= taken)
        {
            taken = owned.Session.TakeBalances(_balances.AsSpan(0, Math.Min(left, _balances.Length)));
            if (taken == 0)
            {
                return;
            }

            foreach (ref readonly BalanceEntry entry in _balances.AsSpan(0, taken))
            {
                WriteState(
                    owned.Partition, StateCodec.BalanceKey(entry.Subscriber, entry.PeriodStartDays, _key), StateCodec.BalanceView(in entry),
                    output);
            }
        }
    }

    /// <summary>The online accounts that the batch changed, each whole: usage that was rated since says nothing of them.</summary>
    private void WriteAccounts(OwnedPartition owned, TransactionalOutput output)
    {
        foreach (UInt128 owner in owned.Session.ChangedQuotaAccounts)
        {
            ReadOnlySpan<byte> key = StateCodec.AccountKey(owner, _key);
            if (owned.Session.FindQuotaAccount(owner) is { } account)
            {
                WriteState(owned.Partition, key, _accounts.View(owner, account), output);
            }
            else
            {
                output.ProduceTombstone(Topics.RatingState, owned.Partition, key);
            }
        }
    }

    /// <summary>What prepaid money the batch changed on request, and how far it took the amounts on their way.</summary>
    private void WriteOperations(OwnedPartition owned, TransactionalOutput output)
    {
        foreach (OperationKey step in owned.Session.ChangedOperations)
        {
            ReadOnlySpan<byte> key = StateCodec.OperationKey(step, _key);
            if (owned.Session.FindOperation(step) is { } operation)
            {
                WriteState(owned.Partition, key, StateCodec.OperationView(topics.Journal.Write(operation)), output);
            }
            else
            {
                output.ProduceTombstone(Topics.RatingState, owned.Partition, key);
            }
        }

        if (owned.Session.HasJournalMoved)
        {
            WriteState(owned.Partition, StateCodec.JournalKey, StateCodec.JournalView(owned.Session.JournalPosition), output);
        }
    }

    private void WriteMeters(OwnedPartition owned, TransactionalOutput output)
    {
        int taken;
        for (int left = MetersPerEvent * Math.Max(LeastBalancesPerBatch, owned.Events); left > 0; left -= taken)
        {
            taken = owned.Session.TakeMeters(_meters.AsSpan(0, Math.Min(left, _meters.Length)));
            if (taken == 0)
            {
                return;
            }

            foreach (ref readonly MeterEntry entry in _meters.AsSpan(0, taken))
            {
                WriteState(
                    owned.Partition, StateCodec.MeterKey(entry.Owner, entry.Id, entry.From, _key), StateCodec.MeterView(in entry), output);
            }
        }
    }

    private void WriteIds(OwnedPartition owned, TransactionalOutput output)
    {
        ReadOnlySpan<UInt128> ids = owned.Session.TakeIds(out int day, out long chunk);
        if (ids.IsEmpty)
        {
            return;
        }

        int octets = ids.Length * UsageId.Size;
        _ids = _ids.Length >= octets ? _ids : new byte[octets];
        StateCodec.WriteIds(ids, _ids);
        WriteState(
            owned.Partition, StateCodec.ChunkKey(day, chunk, _key), StateCodec.ChunkView(day, chunk, _ids.AsSpan(0, octets)), output);
    }

    private void WriteState(int partition, ReadOnlySpan<byte> key, in RatingStateView view, TransactionalOutput output) =>
        output.Produce(Topics.RatingState, partition, key, topics.State.Write(in view));

    private static CustomerNotification NotificationOf(in UsageRatedView view, NotificationKind kind) => new()
    {
        SubscriberRef = view.SubscriberRef,
        Account = Encoding.UTF8.GetString(view.Account),
        Kind = kind,
        PeriodStart = DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(view.PeriodStartDays),
        EventTime = DateTimeOffset.FromUnixTimeMilliseconds(view.EventTimeMilliseconds),
        UsageId = view.UsageId,
    };

    /// <summary>All that the operator must be able to show years later: what was ordered, by which limit, at what spend.</summary>
    private static CustomerNotification NotificationOf(in UsageRatedView view, SpendNotice notice) =>
        NotificationOf(in view, notice.Kind) with
        {
            // The step of an account is the same one, whoever reaches it.
            NotificationId = NotificationIdentity.OfStep(
                notice.Limit.Scope == SpendScope.Account ? default : view.SubscriberRef, view.Account, notice.Number, view.PeriodStartDays),
            Limit = notice.Limit.Id,
            Scope = notice.Limit.Scope,
            LimitAmount = Nanos.ToDecimal(notice.Limit.AmountNanos),
            LimitBasis = notice.Limit.Basis,
            Permille = notice.Step.Permille,
            Notification = notice.Step.Notification,
            Action = notice.Step.Action,
            LegalBasis = notice.Limit.LegalBasis,
            SpendBasis = view.PriceBasis,
            VatPermille = view.VatPermille,
            Currency = Encoding.UTF8.GetString(view.Currency),
            Offering = Encoding.UTF8.GetString(view.Offering),
            OfferingVersion = view.OfferingVersion,
            IsChosen = notice.Limit.IsChosen,
        };

    private void WriteNotification(in UsageRatedView view, CustomerNotification notification, TransactionalOutput output) =>
        output.Produce(
            Topics.CustomerNotifications, view.ReceivedPartition, SubscriberKey(view.SubscriberRef),
            topics.Notifications.Write(notification));

    private ReadOnlySpan<byte> SubscriberKey(SubscriberRef subscriber)
    {
        subscriber.CopyTo(_key);
        return _key.AsSpan(0, SubscriberRef.Size);
    }
}
