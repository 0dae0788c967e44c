using System.Numerics;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What price lists count beyond a month's balance: draws of bundles, tiers, packages, passes, sessions. Each count has an owner (the
/// number of a subscriber or an account), an id and a beginning, and holds units and an amount. Changes are provisional until <see
/// cref="Commit"/> or <see cref="Abort"/>; those of one event can be undone alone.
/// </summary>
internal sealed class Meters
{
    private const int SmallestIndex = 64;

    private readonly ChunkedArray<Meter> _meters = new();
    private readonly List<Change> _changes = [];
    private int[] _index = new int[SmallestIndex];

    /// <summary>Number of meters.</summary>
    public int Count { get; private set; }

    /// <summary>Octets held.</summary>
    public long AllocatedOctets => _meters.AllocatedOctets + ((long)_index.Length * sizeof(int));

    /// <summary>A place in the changes, for <see cref="UndoTo"/>.</summary>
    public int Mark => _changes.Count;

    /// <summary>What a meter holds; zeros when there is none.</summary>
    public MeterReading Read(int owner, ulong id, long from)
    {
        int number = Find(owner, id, from, out _);
        return number < 0 ? default : _meters[number].Reading;
    }

    /// <summary>Sets a meter.</summary>
    public void Write(int owner, ulong id, long from, MeterReading reading)
    {
        int number = Find(owner, id, from, out int place);
        if (number < 0)
        {
            number = Add(owner, id, from, place);
        }

        ref Meter meter = ref _meters[number];
        _changes.Add(new Change(number, meter.Reading));
        meter.Reading = reading;
    }

    /// <summary>Takes back the changes made since a mark.</summary>
    public void UndoTo(int mark)
    {
        for (int change = _changes.Count - 1; change >= mark; change--)
        {
            _meters[_changes[change].Meter].Reading = _changes[change].Before;
        }

        _changes.RemoveRange(mark, _changes.Count - mark);
    }

    public void Commit() => _changes.Clear();

    public void Abort() => UndoTo(0);

    private static uint Hash(int owner, ulong id, long from)
    {
        ulong hash = (id ^ BitOperations.RotateLeft((ulong)from, 23) ^ (uint)owner) * 0x9E3779B97F4A7C15;
        return (uint)(hash >> 32);
    }

    /// <summary>The number of a meter, or -1 and the place in the index where it would be.</summary>
    private int Find(int owner, ulong id, long from, out int place)
    {
        int mask = _index.Length - 1;
        for (place = (int)(Hash(owner, id, from) & mask); _index[place] != 0; place = (place + 1) & mask)
        {
            ref Meter meter = ref _meters[_index[place] - 1];
            if (meter.Id == id && meter.From == from && meter.Owner == owner)
            {
                return _index[place] - 1;
            }
        }

        return -1;
    }

    private int Add(int owner, ulong id, long from, int place)
    {
        int number = Count++;
        ref Meter meter = ref _meters.GetOrCreate(number);
        (meter.Owner, meter.Id, meter.From) = (owner, id, from);
        _index[place] = number + 1;
        if (Count >= _index.Length / 4 * 3)
        {
            Grow();
        }

        return number;
    }

    private void Grow()
    {
        _index = new int[_index.Length * 2];
        int mask = _index.Length - 1;
        for (int number = 0; number < Count; number++)
        {
            ref Meter meter = ref _meters[number];
            int place = (int)(Hash(meter.Owner, meter.Id, meter.From) & mask);
            while (_index[place] != 0)
            {
                place = (place + 1) & mask;
            }

            _index[place] = number + 1;
        }
    }

    private struct Meter
    {
        public ulong Id;
        public long From;
        public MeterReading Reading;
        public int Owner;
    }

    private readonly record struct Change(int Meter, MeterReading Before);
}

/// <summary>What a meter holds.</summary>
/// <param name="Units">Octets, seconds, messages, units, or how many.</param>
/// <param name="Nanos">An amount in nano-units, or a second number.</param>
internal readonly record struct MeterReading(long Units, long Nanos);
