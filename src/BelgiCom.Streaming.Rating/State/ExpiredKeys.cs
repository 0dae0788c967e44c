using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Days, months and meters that rating no longer looks at. They are kept until their keys are deleted from the store, a few per batch,
/// because a month of millions of balances in one transaction would stall rating.
/// </summary>
internal sealed class ExpiredKeys(BalanceMonths balances, SubscriberTable subscribers, Meters meters)
{
    // Most subscribers looked at in one call: many may have no balance to delete, and the search must not stall rating either.
    private const int MostSubscribersAtOnce = 65_536;

    private readonly List<(int Month, ChunkedArray<Balance> Balances)> _months = balances.Forgotten;
    private Cursor _committed;
    private Cursor _taken;

    public List<(int Day, IdSet Ids)> Days { get; } = [];

    public bool IsEmpty => Days.Count == 0 && _months.Count == 0 && !meters.HasExpired;

    public int Take(Span<ExpiredKey> keys)
    {
        Cursor cursor = _committed;
        int count = 0;
        for (; cursor.Day < Days.Count; cursor = cursor with { Day = cursor.Day + 1, Chunk = 0 })
        {
            (int day, IdSet ids) = Days[cursor.Day];
            for (; cursor.Chunk < ids.Chunks.Count; cursor.Chunk++)
            {
                if (count == keys.Length)
                {
                    _taken = cursor;
                    return count;
                }

                keys[count++] = ExpiredKey.OfIds(day, ids.Chunks[cursor.Chunk]);
            }
        }

        int left = MostSubscribersAtOnce;
        for (; cursor.Month < _months.Count; cursor = cursor with { Month = cursor.Month + 1, Subscriber = 0 })
        {
            (int month, ChunkedArray<Balance> array) = _months[cursor.Month];
            int startDays = BelgianCalendar.StartDays(month);
            for (; cursor.Subscriber < subscribers.Count; cursor.Subscriber++)
            {
                if (count == keys.Length || left-- == 0)
                {
                    _taken = cursor;
                    return count;
                }

                if (!balances.Find(month, cursor.Subscriber, array).IsUntouched)
                {
                    keys[count++] = ExpiredKey.OfBalance(subscribers.KeyOf(cursor.Subscriber), startDays);
                }
            }
        }

        _taken = cursor;
        return count + meters.TakeExpired(keys[count..]);
    }

    public void Commit()
    {
        Days.RemoveRange(0, _taken.Day);
        _months.RemoveRange(0, _taken.Month);
        _committed = _taken = new Cursor { Chunk = _taken.Chunk, Subscriber = _taken.Subscriber };
    }

    public void Abort() => _taken = _committed;

    private record struct Cursor
    {
        public int Day;
        public int Chunk;
        public int Month;
        public int Subscriber;
    }
}
