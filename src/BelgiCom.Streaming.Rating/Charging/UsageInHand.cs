using System.Collections.Immutable;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The event that is being rated: what was used, whose it is, the days that bound it, and the meters as usage of its age sees them.
/// </summary>
/// <param name="sessionDaysLess">How many days earlier than late usage the sessions are forgotten that have no new record.</param>
internal sealed class UsageInHand(int sessionDaysLess)
{
    private const long MillisecondsPerDay = 86_400_000;

    // Marks the owner of an account's own meters, which no subscriber is.
    private const ulong AccountMark = 0x6163_636F_756E_7400;

    private UsageRecord _usage;

    /// <summary>All meters.</summary>
    public Meters Meters { get; } = new();

    /// <summary>The event; while a session is charged anew, the record of it that is charged.</summary>
    public ref readonly UsageRecord Usage => ref _usage;

    /// <summary>Owner of the meters of the subscriber on this account.</summary>
    public UInt128 Owner { get; private set; }

    /// <summary>Owner of the meters that the members of the account share.</summary>
    public UInt128 Account { get; private set; }

    /// <summary>Hash of the account that pays.</summary>
    public ulong AccountHash => (ulong)(Account >> 64);

    /// <summary>Oldest day of usage that is not late: what no usage may need any more is not read.</summary>
    public int OldestDay { get; private set; }

    /// <summary>Bundles that top-ups brought the subscriber on this account.</summary>
    public ImmutableArray<GrantedBundle> Granted { get; private set; } = [];

    /// <summary>First day of the event's month, days since 1970-01-01, Europe/Brussels.</summary>
    public int MonthStart { get; private set; } = int.MinValue;

    /// <summary>When the event's month begins, milliseconds since 1970-01-01 UTC.</summary>
    public long MonthStartMilliseconds { get; private set; }

    /// <summary>When the month after it begins.</summary>
    public long MonthEndMilliseconds { get; private set; }

    /// <summary>UTC day in which the event's month ends.</summary>
    public int MonthEnd { get; private set; }

    /// <summary>UTC day of the event.</summary>
    public int Day { get; private set; }

    /// <summary>Last day under which the session's meters are kept, so that they are forgotten when its days are over.</summary>
    public int SessionDay => Day - sessionDaysLess;

    /// <summary>Takes the next event.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="account">Hash of the account that pays.</param>
    /// <param name="oldestDay">Oldest day of usage that is not late.</param>
    /// <param name="monthStart">First day of the event's month, days since 1970-01-01, Europe/Brussels.</param>
    /// <param name="granted">What top-ups brought.</param>
    public void Take(
        in UsageRecord usage, ulong account, int oldestDay, int monthStart, ImmutableArray<GrantedBundle> granted)
    {
        Granted = granted;
        _usage = usage;
        (Owner, Account) = (usage.Subscriber ^ account, AccountOwner(account));
        if (MonthStart != monthStart)
        {
            MonthStart = monthStart;
            int month = BelgianCalendar.MonthStartingOn(monthStart);
            MonthStartMilliseconds = BelgianCalendar.StartMilliseconds(month);
            MonthEndMilliseconds = BelgianCalendar.StartMilliseconds(month + 1);
            MonthEnd = LastDayBefore(MonthEndMilliseconds);
        }

        (OldestDay, Day) = (oldestDay, LastDayBefore(usage.EventTimeMilliseconds + 1));
        Meters.BeginEvent();
    }

    /// <summary>Owner of the meters that the members of an account share.</summary>
    /// <param name="account">Hash of the account.</param>
    public static UInt128 AccountOwner(ulong account) => new(account, AccountMark);

    /// <summary>Puts a record of the same session in the event's place, or the event back.</summary>
    public void Replace(in UsageRecord record) => _usage = record;

    /// <summary>What a meter of the subscriber on this account holds.</summary>
    public MeterReading Read(ulong id, long from) => Read(Owner, id, from);

    /// <summary>What a meter holds.</summary>
    public MeterReading Read(UInt128 owner, ulong id, long from) => Meters.Read(new MeterKey(owner, id, from), OldestDay);

    /// <summary>Sets a meter of the subscriber on this account.</summary>
    public void Write(ulong id, long from, MeterReading reading, int untilDay) => Write(Owner, id, from, reading, untilDay);

    /// <summary>Sets a meter.</summary>
    public void Write(UInt128 owner, ulong id, long from, MeterReading reading, int untilDay) =>
        Meters.Write(new MeterKey(owner, id, from), reading, untilDay);

    /// <summary>UTC day of the last millisecond before an instant, as far as a topic can hold it.</summary>
    public static int LastDayBefore(long milliseconds) =>
        milliseconds > MeterEntry.NoEnd * MillisecondsPerDay ? MeterEntry.NoEnd : DedupWindow.DayOf(milliseconds - 1);
}
