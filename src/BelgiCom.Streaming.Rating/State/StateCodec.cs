using System.Buffers.Binary;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Keys and values of rating.state.v1. A balance has the key subscriber reference (16 octets), first day of the month (4, big-endian); a
/// chunk of ids has the key day (4), number of the chunk (8); a meter has the key owner (16), id (8), beginning (8); an online account has
/// the key owner (16); a step of an operation of prepaid money has the key id (16), step (1); the position in balance.journal.v1 has the
/// key "journal"; the mark of the last complete checkpoint has the key "checkpoint". Their lengths tell them apart.
/// </summary>
public static class StateCodec
{
    /// <summary>Octets of the key of a balance.</summary>
    public const int BalanceKeySize = SubscriberRef.Size + sizeof(int);

    /// <summary>Octets of the longest key, which is that of a meter.</summary>
    public const int MaxKeySize = SubscriberRef.Size + sizeof(ulong) + sizeof(long);
    private const int AccountKeySize = SubscriberRef.Size;
    private const int OperationKeySize = BalanceOperationId.Size + 1;
    private const int ChunkKeySize = sizeof(int) + sizeof(long);
    private const int IdSize = UsageId.Size;

    /// <summary>Key of the mark.</summary>
    public static ReadOnlySpan<byte> MarkKey => "checkpoint"u8;

    /// <summary>Key of the position in balance.journal.v1.</summary>
    public static ReadOnlySpan<byte> JournalKey => "journal"u8;

    /// <summary>Key of a balance.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="periodStartDays">First day of the month, days since 1970-01-01.</param>
    /// <param name="buffer">Where it is written, at least <see cref="BalanceKeySize"/> octets.</param>
    public static ReadOnlySpan<byte> BalanceKey(UInt128 subscriber, int periodStartDays, Span<byte> buffer)
    {
        BinaryPrimitives.WriteUInt128BigEndian(buffer, subscriber);
        BinaryPrimitives.WriteInt32BigEndian(buffer[SubscriberRef.Size..], periodStartDays);
        return buffer[..BalanceKeySize];
    }

    /// <summary>Key of a chunk of ids.</summary>
    /// <param name="day">Their UTC day, days since 1970-01-01.</param>
    /// <param name="chunk">Number of the chunk.</param>
    /// <param name="buffer">Where it is written, at least <see cref="BalanceKeySize"/> octets.</param>
    public static ReadOnlySpan<byte> ChunkKey(int day, long chunk, Span<byte> buffer)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer, day);
        BinaryPrimitives.WriteInt64BigEndian(buffer[sizeof(int)..], chunk);
        return buffer[..ChunkKeySize];
    }

    /// <summary>Key of a meter.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="id">What it counts.</param>
    /// <param name="from">Beginning of what it counts.</param>
    /// <param name="buffer">Where it is written, at least <see cref="MaxKeySize"/> octets.</param>
    public static ReadOnlySpan<byte> MeterKey(UInt128 owner, ulong id, long from, Span<byte> buffer)
    {
        BinaryPrimitives.WriteUInt128BigEndian(buffer, owner);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[SubscriberRef.Size..], id);
        BinaryPrimitives.WriteInt64BigEndian(buffer[(SubscriberRef.Size + sizeof(ulong))..], from);
        return buffer[..MaxKeySize];
    }

    /// <summary>Key of an online account.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="buffer">Where it is written, at least <see cref="BalanceKeySize"/> octets.</param>
    public static ReadOnlySpan<byte> AccountKey(UInt128 owner, Span<byte> buffer)
    {
        BinaryPrimitives.WriteUInt128BigEndian(buffer, owner);
        return buffer[..AccountKeySize];
    }

    /// <summary>Key of a step of an operation of prepaid money.</summary>
    /// <param name="key">Which.</param>
    /// <param name="buffer">Where it is written, at least <see cref="BalanceKeySize"/> octets.</param>
    public static ReadOnlySpan<byte> OperationKey(OperationKey key, Span<byte> buffer)
    {
        BinaryPrimitives.WriteUInt128BigEndian(buffer, key.Id);
        buffer[BalanceOperationId.Size] = (byte)key.Step;
        return buffer[..OperationKeySize];
    }

    /// <summary>Key of stored state that may be deleted.</summary>
    /// <param name="key">Which.</param>
    /// <param name="buffer">Where it is written, at least <see cref="MaxKeySize"/> octets.</param>
    public static ReadOnlySpan<byte> KeyOf(in ExpiredKey key, Span<byte> buffer) => key.Kind switch
    {
        ExpiredKind.Balance => BalanceKey(key.Subscriber, key.Day, buffer),
        ExpiredKind.Meter => MeterKey(key.Subscriber, key.MeterId, key.MeterFrom, buffer),
        _ => ChunkKey(key.Day, key.Chunk, buffer),
    };

    /// <summary>Value of a balance.</summary>
    public static RatingStateView BalanceView(in BalanceEntry entry) => new()
    {
        HasBalance = true,
        Balance = new SubscriberBalanceView
        {
            SubscriberRef = UsageEvents.ToSubscriberRef(entry.Subscriber),
            PeriodStartDays = entry.PeriodStartDays,
            BundleOctetsUsed = entry.Balance.BundleOctetsUsed,
            BundleSecondsUsed = entry.Balance.BundleSecondsUsed,
            BundleMessagesUsed = entry.Balance.BundleMessagesUsed,
            PeriodSpendNanos = entry.Balance.SpendNanos,
            RoamingDataSpendNanos = entry.Balance.RoamingDataSpendNanos,
            Notified = (int)entry.Balance.Notified,
            AccountHash = (long)entry.Account,
            Currency = entry.Balance.Currency.Utf8,
            PriceBasis = entry.Balance.Currency.Basis,
        },
    };

    /// <summary>Value of a meter.</summary>
    public static RatingStateView MeterView(in MeterEntry entry) => new() { HasMeter = true, Meter = UsageEvents.ToMeter(in entry) };

    /// <summary>Value of a chunk of ids, which <see cref="WriteIds"/> wrote.</summary>
    public static RatingStateView ChunkView(int day, long chunk, ReadOnlySpan<byte> ids) => new()
    {
        HasDedup = true,
        Dedup = new DedupChunkView { DayDays = day, Chunk = chunk, UsageIds = ids },
    };

    /// <summary>Value of an operation of prepaid money.</summary>
    /// <param name="value">The value of balance.journal.v1 that tells of it.</param>
    public static RatingStateView OperationView(ReadOnlySpan<byte> value) => new()
    {
        HasOperation = true,
        Operation = new RememberedOperationView { Value = value },
    };

    /// <summary>Value of the position in balance.journal.v1.</summary>
    public static RatingStateView JournalView(long position) => new()
    {
        HasJournal = true,
        Journal = new JournalPositionView { Offset = position },
    };

    /// <summary>Value of the mark.</summary>
    public static RatingStateView MarkView(CheckpointMark mark) => new()
    {
        HasCheckpoint = true,
        Checkpoint = new RatingCheckpointView { RatedFrom = mark.RatedFrom, Partitions = mark.Partitions },
    };

    /// <summary>The octets of ids, one after another.</summary>
    public static void WriteIds(ReadOnlySpan<UInt128> ids, Span<byte> octets)
    {
        for (int index = 0; index < ids.Length; index++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(octets[(index * IdSize)..], ids[index]);
        }
    }

    /// <summary>
    /// Puts a stored record back into the session; false when it does not hold exactly one of balance, ids, meter, online account,
    /// operation, position in the journal and mark.
    /// </summary>
    /// <param name="view">The record.</param>
    /// <param name="session">Where it goes.</param>
    /// <param name="readUsage">Reads the usage of online sessions.</param>
    /// <param name="readOperation">Reads a value of balance.journal.v1; null when it is none.</param>
    /// <param name="mark">The mark, when the record is the mark.</param>
    public static bool TryRestore(
        in RatingStateView view, RatingSession session, QuotaAccountCodec.UsageReader readUsage, OperationReader readOperation,
        out CheckpointMark? mark)
    {
        mark = null;
        if (view.HasOperation || view.HasJournal)
        {
            return !(view.HasBalance || view.HasDedup || view.HasMeter || view.HasCharging || view.HasCheckpoint)
                && TryRestoreMoney(in view, session, readOperation);
        }

        switch (view.HasBalance, view.HasDedup, view.HasMeter, view.HasCharging, view.HasCheckpoint)
        {
            case (true, false, false, false, false):
                return TryRestoreBalance(view.Balance, session);
            case (false, true, false, false, false):
                return TryRestoreIds(view.Dedup, session);
            case (false, false, true, false, false):
                session.RestoreMeter(UsageEvents.ToEntry(view.Meter));
                return true;
            case (false, false, false, true, false):
                if (!QuotaAccountCodec.TryRead(view.Charging, readUsage, out QuotaAccount account))
                {
                    return false;
                }

                session.RestoreQuotaAccount(UsageEvents.ToNumber(view.Charging.Owner), account);
                return true;
            case (false, false, false, false, true):
                mark = new CheckpointMark(view.Checkpoint.RatedFrom, view.Checkpoint.Partitions);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Repeats the changes of a rated record; false when its period is none.</summary>
    public static bool TryRepeat(in UsageRatedView rated, RatingSession session)
    {
        if (BelgianCalendar.MonthStartingOn(rated.PeriodStartDays) < 0)
        {
            return false;
        }

        BalanceEntry after = new(UsageEvents.ToNumber(rated.SubscriberRef), rated.PeriodStartDays, BalanceAfter(in rated));
        if (rated.HasCorrection)
        {
            session.RepeatBalance(rated.Account, in after);
        }
        else
        {
            session.Repeat(
                UsageEvents.ToNumber(rated.UsageId), (uint)rated.ContentFingerprint, rated.EventTimeMilliseconds, rated.Account, in after);
        }

        foreach (UsageMeterView meter in new AvroItems<UsageMeterView>(rated.MetersOctets))
        {
            session.RepeatMeter(UsageEvents.ToEntry(in meter));
        }

        return true;
    }

    /// <summary>The balance that a rated event says it left. Its currency is unknown when the event has no amount.</summary>
    internal static Balance BalanceAfter(in UsageRatedView rated) => new()
    {
        BundleOctetsUsed = rated.BundleOctetsUsed,
        BundleSecondsUsed = rated.BundleSecondsUsed,
        BundleMessagesUsed = rated.BundleMessagesUsed,
        SpendNanos = rated.PeriodSpendNanos,
        RoamingDataSpendNanos = rated.RoamingDataSpendNanos,
        Notified = (ThresholdKinds)rated.Notified,
        Currency = rated.AmountNanos == 0 ? default : Currency.Of(rated.Currency).On(rated.PriceBasis),
    };

    /// <summary>Applies a deletion; false when the key has none of our forms.</summary>
    public static bool TryForget(ReadOnlySpan<byte> key, RatingSession session)
    {
        switch (key.Length)
        {
            case BalanceKeySize:
                session.ForgetBalance(
                    BinaryPrimitives.ReadUInt128BigEndian(key), BinaryPrimitives.ReadInt32BigEndian(key[SubscriberRef.Size..]));
                return true;
            case MaxKeySize:
                session.ForgetMeter(
                    BinaryPrimitives.ReadUInt128BigEndian(key), BinaryPrimitives.ReadUInt64BigEndian(key[SubscriberRef.Size..]),
                    BinaryPrimitives.ReadInt64BigEndian(key[(SubscriberRef.Size + sizeof(ulong))..]));
                return true;
            case AccountKeySize:
                session.RestoreQuotaAccount(BinaryPrimitives.ReadUInt128BigEndian(key), null);
                return true;
            case OperationKeySize:
                session.RestoreOperation(
                    new OperationKey(BinaryPrimitives.ReadUInt128BigEndian(key), (OperationStep)key[BalanceOperationId.Size]), null);
                return true;
            case ChunkKeySize:
                // Days are forgotten whole, by age, when the newest day moves; until then the ids of a day that is too old do no harm.
                return true;
            default:
                return false;
        }
    }

    private static bool TryRestoreMoney(in RatingStateView view, RatingSession session, OperationReader readOperation)
    {
        if (view.HasOperation == view.HasJournal)
        {
            return false;
        }

        if (view.HasJournal)
        {
            session.RestoreJournalPosition(view.Journal.Offset);
            return true;
        }

        if (readOperation(view.Operation.Value) is not { } operation)
        {
            return false;
        }

        session.RestoreOperation(BelgiCom.Streaming.Rating.OperationKey.Of(operation), operation);
        return true;
    }

    private static bool TryRestoreBalance(in SubscriberBalanceView stored, RatingSession session)
    {
        if (BelgianCalendar.MonthStartingOn(stored.PeriodStartDays) < 0)
        {
            return false;
        }

        Balance balance = new()
        {
            BundleOctetsUsed = stored.BundleOctetsUsed,
            BundleSecondsUsed = stored.BundleSecondsUsed,
            BundleMessagesUsed = stored.BundleMessagesUsed,
            SpendNanos = stored.PeriodSpendNanos,
            RoamingDataSpendNanos = stored.RoamingDataSpendNanos,
            Notified = (ThresholdKinds)stored.Notified,
            Currency = Currency.Of(stored.Currency).On(stored.PriceBasis),
        };
        session.RestoreBalance(
            new BalanceEntry(UsageEvents.ToNumber(stored.SubscriberRef), stored.PeriodStartDays, balance, (ulong)stored.AccountHash));
        return true;
    }

    private static bool TryRestoreIds(in DedupChunkView chunk, RatingSession session)
    {
        if (chunk.UsageIds.Length % IdSize != 0)
        {
            return false;
        }

        UInt128[] ids = new UInt128[chunk.UsageIds.Length / IdSize];
        for (int index = 0; index < ids.Length; index++)
        {
            ids[index] = BinaryPrimitives.ReadUInt128BigEndian(chunk.UsageIds[(index * IdSize)..]);
        }

        session.RestoreIds(chunk.DayDays, chunk.Chunk, ids);
        return true;
    }

    /// <summary>Reads a value of balance.journal.v1; null when it is none.</summary>
    public delegate BalanceOperation? OperationReader(ReadOnlySpan<byte> value);
}
