using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Numbers the subscribers of a partition and holds their subscriptions. The balances of a number belong to one account: a subscriber's
/// first account uses the subscriber's own number, and each further account of the subscriber gets a number (and a key) of its
/// own. An open-addressing index of 8-octet slots (tag and number, linear
/// probing) points into an array of entries. So growing moves slots only, and balances can be plain arrays indexed by subscriber number.
/// </summary>
/// <remarks>
/// An entry has 128 octets, two cache lines of one page, and the index takes 11 to 22 for each. Entries are never removed while the
/// partition is owned.
/// </remarks>
internal sealed class SubscriberTable
{
    public const int NotFound = -1;
    private const int NoPeriod = -1;

    // Stands in the place of an offering: the period names another subscriber, whose reference stands in the place of the account.
    private const int Alias = -2;
    private const int SmallestIndex = 256;
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private readonly ChunkedArray<Entry> _entries = new();
    private readonly ChunkedArray<PeriodNode> _furtherPeriods = new();
    private readonly AccountNames _accounts = new();

    // Tells which offerings a subscription has together.
    private OfferingIndex _offerings = new();

    // What customers chose for limits, by the period. Nearly all choose nothing.
    private readonly Dictionary<int, SpendChoices> _choices = [];
    private int _furtherPeriodCount;
    private int _freePeriod = NoPeriod;
    private ulong[] _index = new ulong[SmallestIndex];
    private int _indexShift = 64 - 8;

    /// <summary>Number of subscribers.</summary>
    public int Count { get; private set; }

    /// <summary>Octets held, account names included.</summary>
    public long AllocatedOctets =>
        _entries.AllocatedOctets + _furtherPeriods.AllocatedOctets + _accounts.AllocatedOctets + ((long)_index.Length * sizeof(ulong));

    /// <summary>Account of the period that <see cref="TryGuide"/> found last.</summary>
    public ReadOnlySpan<byte> Account(int period) =>
        AccountName.Get(ref period >= 0 ? ref _entries[period].Account : ref _furtherPeriods[~period].Account, _accounts);

    /// <summary>Number of who holds the balance of the account of a period that <see cref="TryGuide"/> found.</summary>
    public int HolderIn(int period) => period >= 0 ? _entries[period].NewestBalance.Holder : _furtherPeriods[~period].Holder;

    /// <summary>Whether anybody chose anything for limits.</summary>
    public bool HasChoices => _choices.Count > 0;

    /// <summary>What was chosen for limits in a period that <see cref="TryGuide"/> found; null for nothing.</summary>
    public SpendChoices? ChoicesIn(int period) => _choices.Count == 0 ? null : _choices.GetValueOrDefault(period);

    public UInt128 KeyOf(int number) => _entries[number].Key;

    /// <summary>Hash of the account that the balances of a number belong to; 0 while none has used them.</summary>
    public ulong OwnerOf(int number) => _entries[number].Owner;

    /// <summary>The number that holds the balances of a key that was stored, for the account that was stored with them.</summary>
    public int GetOrAddHolder(UInt128 key, ulong owner)
    {
        int number = GetOrAdd(key);
        ref Entry entry = ref _entries[number];
        entry.Owner = entry.Owner == 0 ? owner : entry.Owner;
        return number;
    }

    /// <summary>
    /// The number that holds the balances of a subscriber on an account. Balances that no account owns yet, because the release that stored
    /// them did not keep it, go to the first account that asks.
    /// </summary>
    public int GetOrAddHolder(int number, ReadOnlySpan<byte> account) => GetOrAddHolder(number, AccountKey.Of(account));

    /// <summary>The same for an account whose <see cref="AccountKey"/> is known.</summary>
    public int GetOrAddHolder(int number, UInt128 account)
    {
        ref Entry entry = ref _entries[number];
        ulong owner = AccountKey.HashOf(account);
        if (entry.Owner == owner)
        {
            return number;
        }

        UInt128 key = KeyFor(entry.Key, owner);
        int holder = Find(key);
        if (holder != NotFound)
        {
            return holder;
        }

        if (entry.Owner == 0)
        {
            entry.Owner = owner;
            return number;
        }

        return GetOrAddHolder(key, owner);
    }

    /// <summary>Whose the meters are of a subscriber's usage on the newest account; its own reference when nobody knows that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public UInt128 NewestOwner(UInt128 key)
    {
        int number = Find(key);
        return number == NotFound ? key : key ^ _entries[_entries[number].NewestBalance.Holder].Owner;
    }

    /// <summary>The balance of a subscriber's newest month.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref MonthBalance NewestBalance(int number) => ref _entries[number].NewestBalance;

    /// <summary>Loads the index slot of a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HintIndex(UInt128 key) => CacheHint.Load(ref _index[Hash(key) >> _indexShift]);

    /// <summary>Loads the entry that the index most likely points to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void HintEntry(UInt128 key)
    {
        ulong hash = Hash(key);
        int mask = _index.Length - 1;
        int place = (int)(hash >> _indexShift);
        ulong slot;
        while ((slot = _index[place]) != 0 && (uint)(slot >> 32) != (uint)hash)
        {
            place = (place + 1) & mask;
        }

        int number = (int)(uint)slot - 1;
        if (number >= 0)
        {
            CacheHint.LoadWhole(ref _entries[number]);
        }
    }

    /// <summary>The number of a subscriber, or <see cref="NotFound"/>.</summary>
    public int Find(UInt128 key)
    {
        ulong hash = Hash(key);
        ulong[] index = _index;
        int mask = index.Length - 1;
        uint tag = (uint)hash;
        for (int place = (int)(hash >> _indexShift); ; place = (place + 1) & mask)
        {
            ulong slot = index[place];
            if (slot == 0)
            {
                return NotFound;
            }

            int number = (int)(uint)slot - 1;
            if ((uint)(slot >> 32) == tag && _entries[number].Key == key)
            {
                return number;
            }
        }
    }

    /// <summary>The number of a subscriber; a new one when the subscriber was not known.</summary>
    public int GetOrAdd(UInt128 key)
    {
        int number = Find(key);
        if (number != NotFound)
        {
            return number;
        }

        if (Count >= _index.Length / 4 * 3)
        {
            GrowIndex();
        }

        number = Count++;
        ref Entry entry = ref _entries.GetOrCreate(number);
        entry.Key = key;
        entry.Offering = NoPeriod;
        entry.NextPeriod = NoPeriod;
        entry.NewestBalance.Month = MonthBalance.NoMonth;
        entry.NewestBalance.Holder = number;
        Insert(_index, _indexShift, key, number);
        return number;
    }

    /// <summary>
    /// Replaces the subscription periods of a subscriber. Without any, the subscriber stays known, but without a subscription.
    /// </summary>
    /// <exception cref="ArgumentException">The periods are not ordered, overlap, or have an account that cannot be; the earlier ones
    /// stay.</exception>
    public void SetPeriods(int number, IReadOnlyList<SubscriptionPeriod> periods, OfferingIndex offerings)
    {
        SubscriptionChecks.Check(periods);
        ref Entry entry = ref _entries[number];
        FreeFurtherPeriods(entry.NextPeriod);
        entry.NextPeriod = NoPeriod;
        _choices.Remove(number);
        if (periods.Count == 0)
        {
            entry.Offering = NoPeriod;
            return;
        }

        // The newest period lies in the entry itself, because nearly all usage falls in it.
        SubscriptionPeriod newest = periods[^1];
        (entry.Offering, entry.NewestBalance.Holder) = Name(newest, number, offerings, ref entry.Account);
        (entry.ValidFrom, entry.ValidTo) = ValidityOf(newest);
        Choose(number, newest);
        foreach (SubscriptionPeriod period in periods.SkipLast(1))
        {
            entry.NextPeriod = AddFurtherPeriod(period, number, offerings, entry.NextPeriod);
        }
    }

    /// <summary>Finds the subscriber whom a period at an instant names; false when none does.</summary>
    public bool TryFindNamed(UInt128 key, long milliseconds, out UInt128 named)
    {
        named = default;
        int number = Find(key);
        if (number == NotFound)
        {
            return false;
        }

        TryGuide(number, milliseconds, out int offering, out int period, out _, out _);
        if (offering != Alias)
        {
            return false;
        }

        named = BinaryPrimitives.ReadUInt128BigEndian(Account(period));
        return true;
    }

    /// <summary>Finds the period at an instant.</summary>
    /// <returns>False when the subscriber has no period at that time, or one that names another subscriber; <paramref name="hasAny"/> tells
    /// whether there is any period. <paramref name="holder"/> is the number whose balances the period charges.</returns>
    public bool TryGuide(int number, long milliseconds, out int offering, out int period, out int holder, out bool hasAny)
    {
        ref Entry entry = ref _entries[number];
        offering = entry.Offering;
        period = number;
        holder = entry.NewestBalance.Holder;
        hasAny = offering != NoPeriod;
        if (hasAny && milliseconds >= entry.ValidFrom && milliseconds < entry.ValidTo)
        {
            return offering != Alias;
        }

        for (int next = entry.NextPeriod; hasAny && next != NoPeriod; next = _furtherPeriods[next].Next)
        {
            ref PeriodNode node = ref _furtherPeriods[next];
            if (milliseconds >= node.ValidFrom && milliseconds < node.ValidTo)
            {
                offering = node.Offering;
                period = ~next;
                holder = node.Holder;
                return offering != Alias;
            }
        }

        offering = NoPeriod;
        return false;
    }

    /// <summary>
    /// Days, Europe/Brussels, on which a subscriber has an offering on an account. A day on which one subscription follows another is the
    /// later one's.
    /// </summary>
    /// <param name="key">The subscriber.</param>
    /// <param name="offering">Number of the offering.</param>
    /// <param name="holder">Number of who holds the account's balance.</param>
    /// <param name="from">First day that counts, days since 1970-01-01.</param>
    /// <param name="to">First day after them.</param>
    public int ActiveDays(UInt128 key, int offering, int holder, int from, int to)
    {
        int number = Find(key);
        if (number == NotFound)
        {
            return 0;
        }

        // From the newest period to the oldest.
        ref Entry entry = ref _entries[number];
        int next = to;
        int days = entry.Offering == NoPeriod
            ? 0
            : DaysOf(
                entry.ValidFrom, entry.ValidTo, entry.NewestBalance.Holder == holder && _offerings.Has(entry.Offering, offering), from,
                ref next);
        for (int period = entry.NextPeriod; period != NoPeriod; period = _furtherPeriods[period].Next)
        {
            ref PeriodNode node = ref _furtherPeriods[period];
            days += DaysOf(node.ValidFrom, node.ValidTo, node.Holder == holder && _offerings.Has(node.Offering, offering), from, ref next);
        }

        return days;
    }

    /// <summary>The number of the main offering of what a subscription has.</summary>
    public int MainOf(int offering) => _offerings.OfferingsOf(offering) is { } offerings ? offerings[^1] : offering;

    /// <summary>Days of a period before the one that follows it, if it counts; <paramref name="next"/> becomes its first day.</summary>
    private static int DaysOf(long validFrom, long validTo, bool counts, int from, ref int next)
    {
        (int begin, int end) = DaysBefore(validFrom, validTo, from, ref next);
        return counts ? Math.Max(0, end - begin) : 0;
    }

    /// <summary>
    /// The days of a period, from the first that counts on, before the period that follows it; <paramref name="next"/> becomes its first
    /// day.
    /// </summary>
    internal static (int Begin, int End) DaysBefore(long validFrom, long validTo, int from, ref int next)
    {
        int begin = validFrom == long.MinValue ? from : Math.Max(from, BelgianCalendar.DayOf(validFrom).DayNumber - Epoch);
        int end = validTo == long.MaxValue ? next : Math.Min(next, BelgianCalendar.DayOf(validTo - 1).DayNumber - Epoch + 1);
        next = Math.Min(next, begin);
        return (begin, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Hash(UInt128 key) => ((ulong)key ^ (ulong)(key >> 64)) * 0x9E3779B97F4A7C15;

    private static void Insert(ulong[] index, int shift, UInt128 key, int number)
    {
        ulong hash = Hash(key);
        int mask = index.Length - 1;
        int place = (int)(hash >> shift);
        while (index[place] != 0)
        {
            place = (place + 1) & mask;
        }

        index[place] = ((ulong)(uint)hash << 32) | (uint)(number + 1);
    }

    private void GrowIndex()
    {
        ulong[] larger = new ulong[_index.Length * 2];
        int shift = _indexShift - 1;
        for (int number = 0; number < Count; number++)
        {
            Insert(larger, shift, _entries[number].Key, number);
        }

        _index = larger;
        _indexShift = shift;
    }

    private int AddFurtherPeriod(SubscriptionPeriod period, int number, OfferingIndex offerings, int next)
    {
        int place = _freePeriod == NoPeriod ? _furtherPeriodCount++ : _freePeriod;
        ref PeriodNode node = ref _furtherPeriods.GetOrCreate(place);
        _freePeriod = place == _freePeriod ? node.Next : _freePeriod;
        (node.Offering, node.Holder) = Name(period, number, offerings, ref node.Account);
        (node.ValidFrom, node.ValidTo) = ValidityOf(period);
        Choose(~place, period);
        node.Next = next;
        return place;
    }

    private void Choose(int period, SubscriptionPeriod published)
    {
        if (SpendChoices.Of(published.Limits) is { } choices)
        {
            _choices[period] = choices;
        }
    }

    /// <summary>Takes over whom a period charges: an account and its offering, or another subscriber.</summary>
    private (int Offering, int Holder) Name(SubscriptionPeriod period, int number, OfferingIndex offerings, ref AccountName name)
    {
        if (period.AliasOf is { } named)
        {
            name.Set(named.ToByteArray(), _accounts);
            return (Alias, number);
        }

        byte[] account = Encoding.UTF8.GetBytes(period.Account);
        name.Set(account, _accounts);
        _offerings = offerings;
        return (offerings.GetOrAdd(period.Offering, period.AddOns), GetOrAddHolder(number, account));
    }

    private static UInt128 KeyFor(UInt128 subscriber, ulong owner)
    {
        Span<byte> octets = stackalloc byte[SubscriberRef.Size + sizeof(ulong)];
        BinaryPrimitives.WriteUInt128BigEndian(octets, subscriber);
        BinaryPrimitives.WriteUInt64BigEndian(octets[SubscriberRef.Size..], owner);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(octets, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static (long From, long To) ValidityOf(SubscriptionPeriod period) => (
        period.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue, period.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue);

    private void FreeFurtherPeriods(int first)
    {
        while (first != NoPeriod)
        {
            _choices.Remove(~first);
            ref PeriodNode node = ref _furtherPeriods[first];
            int next = node.Next;
            node.Next = _freePeriod;
            _freePeriod = first;
            first = next;
        }
    }

    private struct Entry
    {
        public UInt128 Key;
        public long ValidFrom;
        public long ValidTo;
        public int Offering;
        public int NextPeriod;
        public AccountName Account;
        public MonthBalance NewestBalance;
        public ulong Owner;
    }

    private struct PeriodNode
    {
        public long ValidFrom;
        public long ValidTo;
        public int Offering;
        public int Next;
        public int Holder;
        public AccountName Account;
    }
}
