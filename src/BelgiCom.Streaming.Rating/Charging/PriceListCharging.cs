using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Rates usage by price lists. A session is charged in whole increments, counted through all its partial records; an increment has the
/// price, band, version and bundle that are in force when it begins. What is charged draws bundles first, in their order, and the rest is
/// priced. An event is priced whole or not at all: when a part of it has no price, nothing of it is charged. (decisions D-01 to D-16)
/// </summary>
internal sealed class PriceListCharging
{
    private const long MillisecondsPerSecond = 1000;
    private const long MillisecondsPerDay = 86_400_000;
    private const long NanosPerUnit = 1_000_000_000;
    private const int PercentPerWhole = 100;

    // No call lasts so long, and no container is open so long. A record that says so would take as long to split at its bounds.
    private const long MostMilliseconds = 400 * MillisecondsPerDay;

    // Most runs and parts of one event. A record of usage.rated.v1 holds them, and a broker takes 1 MB.
    private const int MostRuns = 4096;
    private const int MostParts = 2048;

    // Most records of a session that are kept, to charge it anew when one comes out of order.
    private const int MostRecords = 32;

    // Marks the owner of an account's own meters, which no subscriber is.
    private const ulong AccountMark = 0x6163_636F_756E_7400;

    private readonly List<RatedPart> _parts = [];
    private readonly List<MeterEntry> _metersAfter = [];
    private BandsInForce _bands;

    // The event that is being rated.
    private UsageRecord _usage;
    private TariffSnapshot _tariffs = null!;
    private UInt128 _owner;
    private UInt128 _account;
    private int _oldestDay;
    private int _monthStart;
    private int _monthEnd;
    private long _bundleUsed;
    private int _firstPart;
    private int _untilDay;

    // The session of the event: where the parts of the record in hand begin, what was drawn for all records, and whether they can be
    // charged anew.
    private int _recordPart;
    private long _drawn;
    private bool _canChargeAnew;
    private bool _overflows;

    // What is in force at the place that was reached in it.
    private int _versionIndex;
    private TariffVersion _version = null!;
    private PriceList _list = null!;
    private PriceList.Row _row = null!;
    private int _zone;
    private int _destination;
    private int _band;
    private long _inForceUntil;

    /// <summary>The meters.</summary>
    public Meters Meters { get; } = new();

    /// <summary>Units that the event drew from the bundle that the month's balance counts.</summary>
    public long DrawnFromBalance { get; private set; }

    /// <summary>The parts of all events since the last commit or abort.</summary>
    public ReadOnlySpan<RatedPart> Parts => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_parts);

    /// <summary>What the events since the last commit or abort left in the meters that they changed.</summary>
    public ReadOnlySpan<MeterEntry> MetersAfter => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_metersAfter);

    /// <summary>Keeps what the meters count, and forgets the parts of events.</summary>
    /// <param name="oldestDay">Oldest day of usage that is not late.</param>
    public void Commit(int oldestDay)
    {
        Meters.Commit(oldestDay);
        _parts.Clear();
        _metersAfter.Clear();
    }

    /// <summary>Undoes what the meters counted since the last commit, and forgets the parts of events.</summary>
    public void Abort()
    {
        Meters.Abort();
        _parts.Clear();
        _metersAfter.Clear();
    }

    /// <summary>Rates one event; its parts are added to <see cref="Parts"/>.</summary>
    /// <param name="usage">The event.</param>
    /// <param name="tariffs">Tariffs to use.</param>
    /// <param name="account">Hash of the account that pays.</param>
    /// <param name="bundleUsed">Units that the month's balance says are drawn from the bundle of the kind.</param>
    /// <param name="oldestDay">Oldest day of usage that is not late: what no usage may need any more is not read.</param>
    /// <param name="result">Has the version in force at the start and the month; gets the rest.</param>
    public ChargingFault Rate(
        in UsageRecord usage, TariffSnapshot tariffs, ulong account, long bundleUsed, int oldestDay, ref RatingResult result)
    {
        (_usage, _tariffs, _oldestDay) = (usage, tariffs, oldestDay);
        (_owner, _account) = (usage.Subscriber ^ account, new UInt128(account, AccountMark));
        _monthStart = result.PeriodStartDays;
        _monthEnd = LastDayBefore(BelgianCalendar.StartMilliseconds(BelgianCalendar.MonthStartingOn(_monthStart) + 1));
        (_bundleUsed, DrawnFromBalance) = (bundleUsed, 0);
        (_firstPart, _recordPart, _overflows, _inForceUntil) = (_parts.Count, _parts.Count, false, long.MinValue);
        (_untilDay, _canChargeAnew) = (LastDayBefore(usage.EventTimeMilliseconds + 1), false);
        _versionIndex = result.VersionIndex;
        Meters.BeginEvent();
        ChargingFault fault = Charge(ref result);
        if (fault == ChargingFault.None && !_overflows && TrySum(ref result))
        {
            result.FirstMeter = _metersAfter.Count;
            Meters.CopyChanged(_metersAfter);
            result.MeterCount = _metersAfter.Count - result.FirstMeter;
            return ChargingFault.None;
        }

        TakeBack(ref result);
        return fault == ChargingFault.None ? ChargingFault.Overflow : fault;
    }

    /// <summary>Undoes the event that was rated last.</summary>
    public void TakeBack(ref RatingResult result)
    {
        Meters.UndoEvent();
        _parts.RemoveRange(_firstPart, _parts.Count - _firstPart);
        _metersAfter.RemoveRange(_metersAfter.Count - result.MeterCount, result.MeterCount);
        (result.FirstPart, result.PartCount, result.FirstMeter, result.MeterCount) = (0, 0, 0, 0);
        (result.AmountNanos, result.ChargedUnits, result.BundleUnits) = (0, 0, 0);
    }

    /// <summary>UTC day of the last millisecond before an instant, as far as a topic can hold it.</summary>
    private static int LastDayBefore(long milliseconds) =>
        milliseconds > MeterEntry.NoEnd * MillisecondsPerDay ? MeterEntry.NoEnd : DedupWindow.DayOf(milliseconds - 1);

    private ChargingFault Charge(ref RatingResult result)
    {
        if (_usage.DurationSeconds > MostMilliseconds / MillisecondsPerSecond
            || _usage.EndTimeMilliseconds - _usage.EventTimeMilliseconds > MostMilliseconds)
        {
            return ChargingFault.Overflow;
        }

        if (!TryEnter(_usage.EventTimeMilliseconds))
        {
            return ChargingFault.NoPrice;
        }

        (result.ZoneIndex, result.PriceIndex) = (_zone, _row.Index);
        long units = _usage.UnitsOf(_row.Unit);
        if (units == 0 && _row.Model != PriceModel.Percentage)
        {
            return ChargingFault.NoUsage;
        }

        switch (_row.Model)
        {
            case PriceModel.Zero:
                Add(new RatedPart { Component = PartComponent.ZeroRated, Units = Math.Max(0, units) });
                return ChargingFault.None;
            case PriceModel.Percentage:
                return ChargePercentage();
            case PriceModel.Pass:
                return ChargePass();
            default:
                return units < 0 ? ChargingFault.NotMeasured : ChargeSession(units);
        }
    }

    /// <summary>Finds version, zone, destination, band and price at an instant; false when there is no price.</summary>
    private bool TryEnter(long milliseconds)
    {
        if (milliseconds < _inForceUntil)
        {
            return true;
        }

        _versionIndex = _tariffs.FindVersion(_versionIndex, milliseconds, out long versionUntil);
        if (_versionIndex < 0)
        {
            return false;
        }

        _version = _tariffs.Version(_versionIndex);
        _list = _version.PriceList;
        _zone = _version.FindZone(_usage.ServingPlmn);
        _destination = _list.Destinations.Find(_usage.CalledNumber);
        ulong bands = _list.Bands.At(milliseconds, ref _bands);
        int row = _zone < 0 ? -1 : _list.FindRow(in _usage, _zone, _destination, bands);
        if (row < 0)
        {
            return false;
        }

        _row = _list.RowAt(row);
        _band = (_row.BandBits & bands) == 0 ? -1 : System.Numerics.BitOperations.TrailingZeroCount(_row.BandBits & bands);
        _inForceUntil = Math.Min(versionUntil, _bands.Until);
        return true;
    }

    private ChargingFault ChargePercentage()
    {
        if (_usage.ValueNanos < 0)
        {
            return ChargingFault.NotMeasured;
        }

        if (_usage.ValueCurrency != _version.Currency)
        {
            return ChargingFault.Currency;
        }

        if (!RoundingPolicy.TryPrice(_usage.ValueNanos, _row.PercentNanos, PercentPerWhole * NanosPerUnit, out long amount))
        {
            return ChargingFault.Overflow;
        }

        amount = Math.Min(Math.Max(amount + _row.FixedNanos, _row.MinimumChargeNanos), _row.MaximumChargeNanos);
        Add(new RatedPart { Component = PartComponent.Usage, AmountNanos = amount });
        return ChargingFault.None;
    }

    /// <summary>A pass opens with use and covers what begins while it lasts; messages before it may be free.</summary>
    private ChargingFault ChargePass()
    {
        Pass pass = _row.Pass!;
        long start = _usage.EventTimeMilliseconds;
        MeterReading last = Read(_owner, _row.PassMeter, 0);
        if (start >= last.Units && start < last.Nanos)
        {
            Add(new RatedPart { Component = PartComponent.Pass });
            return ChargingFault.None;
        }

        if (_usage.Kind == UsageKind.Sms && pass.FreeMessages > 0)
        {
            MeterReading free = Read(_owner, _row.FreeMessagesMeter, 0);
            if (free.Nanos == 0 || start >= EndOf(pass, free.Units) || start < free.Units)
            {
                free = new MeterReading(start, 0);
            }

            if (free.Nanos + _usage.Messages <= pass.FreeMessages)
            {
                Write(
                    _owner, _row.FreeMessagesMeter, 0, free with { Nanos = free.Nanos + _usage.Messages },
                    LastDayBefore(EndOf(pass, free.Units)));
                Add(new RatedPart { Component = PartComponent.FreeBeforePass, Units = _usage.Messages });
                return ChargingFault.None;
            }
        }

        MeterReading opened = Read(_owner, _row.PassesMeter, _monthStart);
        bool isCharged = pass.MaximumPerMonth == 0 || opened.Units < pass.MaximumPerMonth;
        long end = EndOf(pass, start);
        Write(_owner, _row.PassMeter, 0, new MeterReading(start, end), LastDayBefore(end));
        Write(_owner, _row.PassesMeter, _monthStart, opened with { Units = opened.Units + 1 }, _monthEnd);
        RatedPart part = new() { Component = PartComponent.PassOpened };
        Add(isCharged ? part with { Packages = 1, AmountNanos = _row.PriceNanos } : part);
        return ChargingFault.None;
    }

    private static long EndOf(Pass pass, long start) => pass.ValidityDays == 0
        ? start + (pass.ValiditySeconds * MillisecondsPerSecond)
        : BelgianCalendar.StartOfDayMilliseconds(BelgianCalendar.DayOf(start).AddDays(pass.ValidityDays));

    /// <summary>
    /// Charges the part of a session that this record adds. When records that follow it in the session were charged before it, the session
    /// is charged anew in its order, and this record has the difference.
    /// </summary>
    private ChargingFault ChargeSession(long units)
    {
        SessionMeters session = Session();
        SessionSoFar before = session.Read(_usage.EventTimeMilliseconds);
        if (!session.IsKept)
        {
            return ChargeRecord(session, units, before, out _);
        }

        SessionRecords records = session.ReadRecords();
        SessionRecord record = new(_usage.EventTimeMilliseconds, units);
        _drawn = records.Drawn;
        _canChargeAnew = before.Used == 0 || (records.Count is > 0 and < MostRecords && IsLikeItsSession(records, before));
        if (_canChargeAnew && records.Count > 0 && record.IsBefore(session.ReadRecord(records.Count - 1)))
        {
            if (TryTakeBack(session, before))
            {
                return ChargeAnew(session, record, records.Count);
            }

            _canChargeAnew = false;
        }

        ChargingFault fault = ChargeRecord(session, units, before, out _);
        if (_canChargeAnew)
        {
            session.WriteRecord(records.Count, record, _untilDay);
        }

        if (records.Count != SessionRecords.InOrderOfArrival)
        {
            KeepRecords(session, records.Count + 1);
        }

        return fault;
    }

    private SessionMeters Session() => new(Meters, _owner, _usage.Session, _oldestDay);

    /// <summary>
    /// Whether the network and month of the record are those of its session; of another one, what depends on them is not kept.
    /// </summary>
    private bool IsLikeItsSession(in SessionRecords records, in SessionSoFar session) =>
        records.Network == _usage.ServingPlmn.Code
        && BelgianCalendar.StartDays(BelgianCalendar.MonthOf(session.StartMilliseconds)) == _monthStart;

    private void KeepRecords(SessionMeters session, int count) => session.WriteRecords(
        new SessionRecords(_canChargeAnew ? count : SessionRecords.InOrderOfArrival, _drawn, _usage.ServingPlmn.Code), _untilDay);

    /// <summary>
    /// Takes back what the session was charged, and gives back what was drawn for it; false, with nothing changed, when not all bundles
    /// that were drawn are found, because the subscriber had another offering.
    /// </summary>
    private bool TryTakeBack(SessionMeters session, in SessionSoFar charged)
    {
        _inForceUntil = long.MinValue;
        if (!TryEnter(charged.StartMilliseconds))
        {
            return false;
        }

        long amount = charged.AmountNanos + charged.RaisedNanos + charged.CappedNanos;
        RatedPart reversal = new() { Component = PartComponent.Reversal, Units = _drawn - charged.Charged, AmountNanos = -amount };
        if ((reversal.Units | amount) != 0)
        {
            Add(reversal);
        }

        foreach (int version in _tariffs.VersionsBeside(_versionIndex))
        {
            foreach (PriceList.BundleTerms bundle in _tariffs.Version(version).PriceList.Bundles)
            {
                GiveBack(session, version, bundle);
            }
        }

        if (_drawn == 0)
        {
            return true;
        }

        Meters.UndoEvent();
        _parts.RemoveRange(_firstPart, _parts.Count - _firstPart);
        (_drawn, DrawnFromBalance) = (session.ReadRecords().Drawn, 0);
        return false;
    }

    private void GiveBack(SessionMeters session, int version, PriceList.BundleTerms bundle)
    {
        MeterReading draw = session.ReadDraw(bundle.Meter);
        if (draw.Units == 0)
        {
            return;
        }

        if (bundle.IsOfBalance)
        {
            DrawnFromBalance -= draw.Units;
        }
        else
        {
            UInt128 owner = bundle.IsShared ? _account : _owner;
            MeterReading drawn = Read(owner, bundle.Meter, draw.Nanos);
            Write(owner, bundle.Meter, draw.Nanos, drawn with { Units = drawn.Units - draw.Units }, _untilDay);
        }

        session.WriteDraw(bundle.Meter, default, _untilDay);
        _drawn -= draw.Units;
        _parts.Add(
            new RatedPart
            {
                Component = PartComponent.Bundle,
                VersionIndex = version,
                PriceIndex = RatedPart.None,
                BandIndex = RatedPart.None,
                BundleIndex = bundle.Index,
                Units = -draw.Units,
            });
    }

    /// <summary>Puts a record in its place, and charges the session from its first record on.</summary>
    private ChargingFault ChargeAnew(SessionMeters session, SessionRecord record, int count)
    {
        int place = count;
        for (; place > 0 && record.IsBefore(session.ReadRecord(place - 1)); place--)
        {
            session.WriteRecord(place, session.ReadRecord(place - 1), _untilDay);
        }

        session.WriteRecord(place, record, _untilDay);
        UsageRecord last = _usage;
        SessionSoFar soFar = new(
            session.ReadRecord(0).StartMilliseconds, 0, 0, 0, 0, 0, IsPriced: false, IsFeePaid: false);
        ChargingFault fault = ChargingFault.None;
        for (int index = 0; index <= count && fault == ChargingFault.None; index++)
        {
            SessionRecord next = session.ReadRecord(index);
            _usage = last with
            {
                EventTimeMilliseconds = next.StartMilliseconds,
                EndTimeMilliseconds = next.StartMilliseconds,
                DurationSeconds = next.Units,
                TotalOctets = next.Units,
                Messages = next.Units,
                ServiceUnits = next.Units,
            };
            fault = ChargeRecord(session, next.Units, soFar, out soFar);
        }

        _usage = last;
        KeepRecords(session, count + 1);
        return fault;
    }

    /// <summary>Charges a record after those that its session has charged.</summary>
    private ChargingFault ChargeRecord(SessionMeters session, long units, SessionSoFar before, out SessionSoFar after)
    {
        _recordPart = _parts.Count;
        after = before with { Used = before.Used + units };

        // Fee, minimum and maximum are those of the price at the session's start.
        _inForceUntil = long.MinValue;
        if (!TryEnter(before.StartMilliseconds))
        {
            return ChargingFault.NoPrice;
        }

        PriceList.Row first = _row;
        int firstVersion = _versionIndex;
        _inForceUntil = long.MinValue;
        ChargingFault fault = first.Model == PriceModel.Flat
            ? ChargeFlat(units, before.Used == 0)
            : ChargeIncrements(first, Math.Max(after.Used, first.MinimumUnits), before, ref after);
        if (fault != ChargingFault.None)
        {
            return fault;
        }

        long priced = 0;
        bool isPriced = false;
        foreach (ref readonly RatedPart part in Parts[_recordPart..])
        {
            priced += part.AmountNanos;
            isPriced |= part.Component == PartComponent.Usage;
        }

        if (isPriced && !before.IsFeePaid && first.ConnectFeeNanos > 0)
        {
            AddOf(firstVersion, first, PartComponent.ConnectFee, first.ConnectFeeNanos);
            priced += first.ConnectFeeNanos;
            after = after with { IsFeePaid = true };
        }

        after = after with { IsPriced = before.IsPriced || isPriced, AmountNanos = before.AmountNanos + priced };
        long raise = after.IsPriced && first.MinimumChargeNanos > 0 ? Math.Max(0, first.MinimumChargeNanos - after.AmountNanos) : 0;
        long cap = after.AmountNanos > first.MaximumChargeNanos ? first.MaximumChargeNanos - after.AmountNanos : 0;
        AddOf(firstVersion, first, PartComponent.MinimumCharge, raise - before.RaisedNanos);
        AddOf(firstVersion, first, PartComponent.MaximumCharge, cap - before.CappedNanos);
        after = after with { RaisedNanos = raise, CappedNanos = cap };
        session.Write(in after, _untilDay);
        return ChargingFault.None;
    }

    private ChargingFault ChargeFlat(long units, bool isFirst)
    {
        if (!TryEnter(_usage.EventTimeMilliseconds))
        {
            return ChargingFault.NoPrice;
        }

        Add(new RatedPart { Component = PartComponent.Usage, Units = units, AmountNanos = isFirst ? _row.PriceNanos : 0 });
        return ChargingFault.None;
    }

    /// <summary>Charges whole increments until they cover what the session has used.</summary>
    /// <param name="first">The price at the session's start; a price that counts another thing, or no units, cannot go on from it.</param>
    /// <param name="target">Units that must be covered.</param>
    /// <param name="before">The session before this record.</param>
    /// <param name="after">Gets what is charged afterwards.</param>
    private ChargingFault ChargeIncrements(PriceList.Row first, long target, in SessionSoFar before, ref SessionSoFar after)
    {
        long charged = before.Charged;
        for (int runs = 0; charged < target; runs++)
        {
            if (runs == MostRuns)
            {
                return ChargingFault.Overflow;
            }

            // Where in this record's usage the next increment begins, and until when nothing changes for it.
            long at = TimeAt(charged - before.Used, out long sameUntil);
            if (!TryEnter(at) || _row.Unit != first.Unit || _row.Model is PriceModel.Flat or PriceModel.Pass or PriceModel.Percentage)
            {
                return ChargingFault.NoPrice;
            }

            // Octets that are spread over the time of their record depend on its end, which is not kept.
            _canChargeAnew &= !_row.IsSpreadOverTime;
            int step = _row.StepAt(charged);
            long increment = _row.Steps[step].Increment;
            long run = target - charged;
            if (step + 1 < _row.Steps.Length)
            {
                run = Math.Min(run, _row.Steps[step + 1].From - charged);
            }

            run = Math.Min(run, sameUntil - (charged - before.Used));
            run = Math.Min(run, UnitsUntil(at, Math.Min(_inForceUntil, BundlesChangeAt(at))));
            if (!RoundingPolicy.TryRoundUp(run, increment, out run) || charged > long.MaxValue - run)
            {
                return ChargingFault.Overflow;
            }

            if (_row.Model == PriceModel.Zero)
            {
                AddRun(new RatedPart { Component = PartComponent.ZeroRated, Units = run });
            }
            else
            {
                Draw(run, at, step);
            }

            charged += run;
        }

        after = after with { Charged = charged };
        return ChargingFault.None;
    }

    /// <summary>
    /// When a unit of this record was used, and the first unit that was used at another time: seconds pass one by one; octets count as used
    /// at the record's start, or are spread evenly over its time.
    /// </summary>
    /// <param name="unit">Units of this record before it.</param>
    /// <param name="sameUntil">Units of this record that were used at the same time, or before the bound that is in force.</param>
    private long TimeAt(long unit, out long sameUntil)
    {
        sameUntil = long.MaxValue;
        long start = _usage.EventTimeMilliseconds;
        if (_row.Unit == PriceUnit.Second)
        {
            return start + (Math.Max(0, unit) * MillisecondsPerSecond);
        }

        long length = _usage.EndTimeMilliseconds - start;
        if (!_row.IsSpreadOverTime || length <= 0 || unit < 0)
        {
            return start;
        }

        // The last unit before a bound is the last whole one of what had flowed until then.
        long total = _usage.UnitsOf(_row.Unit);
        long at = start;
        for (long bound = BoundAfter(at); bound < _usage.EndTimeMilliseconds; bound = BoundAfter(at))
        {
            long flowed = (long)((Int128)total * (bound - start) / length);
            if (unit < flowed)
            {
                sameUntil = flowed;
                break;
            }

            at = bound;
        }

        return at;
    }

    /// <summary>First instant after this one at which another band or version may be in force.</summary>
    private long BoundAfter(long at)
    {
        _list.Bands.At(at, ref _bands);
        _tariffs.FindVersion(_versionIndex, at, out long versionUntil);
        return Math.Min(_bands.Until, versionUntil);
    }

    /// <summary>Units that are used before a bound, at least one; all of them when they do not take time.</summary>
    private long UnitsUntil(long from, long bound)
    {
        if (_row.Unit != PriceUnit.Second || bound == long.MaxValue)
        {
            return long.MaxValue;
        }

        return Math.Max(1, (bound - from + MillisecondsPerSecond - 1) / MillisecondsPerSecond);
    }

    /// <summary>First instant after this one at which a bundle begins or ends.</summary>
    private long BundlesChangeAt(long at)
    {
        long next = long.MaxValue;
        if (!_row.DrawsBundles)
        {
            return next;
        }

        foreach (PriceList.BundleTerms bundle in _list.Bundles)
        {
            next = bundle.FromMilliseconds > at ? Math.Min(next, bundle.FromMilliseconds) : next;
            next = bundle.ToMilliseconds > at ? Math.Min(next, bundle.ToMilliseconds) : next;
        }

        return next;
    }

    /// <summary>Draws charged units from the bundles and prices the rest.</summary>
    private void Draw(long units, long at, int step)
    {
        if (_row.DrawsBundles)
        {
            foreach (PriceList.BundleTerms bundle in _list.Bundles)
            {
                if (units == 0)
                {
                    return;
                }

                if (at < bundle.FromMilliseconds || at >= bundle.ToMilliseconds || !bundle.Fits(_usage.Kind, _zone, _destination))
                {
                    continue;
                }

                long taken = Take(bundle, units);
                if (taken > 0)
                {
                    AddRun(new RatedPart { Component = PartComponent.Bundle, BundleIndex = bundle.Index, Units = taken });
                    units -= taken;
                }
            }
        }

        if (units > 0)
        {
            PriceUnits(units, step);
        }
    }

    /// <summary>Takes units from a bundle, as many as it still has. A monthly one is that of the month in which the event begins.</summary>
    private long Take(PriceList.BundleTerms bundle, long units)
    {
        if (bundle.IsOfBalance)
        {
            long left = Math.Min(units, Math.Max(0, bundle.Units - _bundleUsed - DrawnFromBalance));
            DrawnFromBalance += left;
            KeepDraw(bundle, _monthStart, left);
            return left;
        }

        UInt128 owner = bundle.IsShared ? _account : _owner;
        long from = bundle.IsMonthly ? _monthStart : Math.Max(0, bundle.FromMilliseconds / MillisecondsPerDay);
        MeterReading drawn = Read(owner, bundle.Meter, from);
        long taken = Math.Min(units, Math.Max(0, bundle.Units - drawn.Units));
        if (taken > 0)
        {
            int until = bundle.IsMonthly ? _monthEnd : LastDayBefore(bundle.ToMilliseconds);
            Write(owner, bundle.Meter, from, drawn with { Units = drawn.Units + taken }, until);
            KeepDraw(bundle, from, taken);
        }

        return taken;
    }

    /// <summary>Keeps what was drawn for a session that may have to be charged anew.</summary>
    private void KeepDraw(PriceList.BundleTerms bundle, long from, long units)
    {
        if (!_canChargeAnew || units == 0)
        {
            return;
        }

        SessionMeters session = Session();
        MeterReading before = session.ReadDraw(bundle.Meter);
        session.WriteDraw(bundle.Meter, new MeterReading(before.Units + units, from), _untilDay);
        _drawn += units;
        _canChargeAnew = before.Units == 0 || before.Nanos == from;
    }

    private MeterReading Read(UInt128 owner, ulong id, long from) => Meters.Read(new MeterKey(owner, id, from), _oldestDay);

    private void Write(UInt128 owner, ulong id, long from, MeterReading reading, int untilDay) =>
        Meters.Write(new MeterKey(owner, id, from), reading, untilDay);

    private void PriceUnits(long units, int step)
    {
        // Tiers and packages count all usage of the month, so a session's units in them cannot be taken back alone.
        _canChargeAnew &= _row.Model is not (PriceModel.Graduated or PriceModel.Volume or PriceModel.Package);
        switch (_row.Model)
        {
            case PriceModel.Graduated:
                PriceGraduated(units);
                break;
            case PriceModel.Volume:
                PriceVolume(units);
                break;
            case PriceModel.Package:
                PricePackages(units);
                break;
            default:
                PriceList.Step priced = _row.Steps[step];
                AddRun(
                    new RatedPart
                    {
                        Component = PartComponent.Usage,
                        Units = units,
                        UnitPriceNanos = priced.UnitPriceNanos,
                        UnitSize = priced.UnitSize,
                    });
                break;
        }
    }

    /// <summary>Each tier of the month prices the units that fall in it.</summary>
    private void PriceGraduated(long units)
    {
        MeterReading counted = Read(_owner, _row.PeriodMeter, _monthStart);
        long place = counted.Units;
        long amount = 0;
        long lower = 0;
        for (int index = 0; units > 0 && index < _row.Tiers.Length; index++)
        {
            PriceList.Tier tier = _row.Tiers[index];
            long end = index == _row.Tiers.Length - 1 ? long.MaxValue : tier.UpTo;
            long taken = Math.Min(units, end - place);
            if (taken > 0)
            {
                _overflows |= !tier.TryPrice(place - lower, out long charged) | !tier.TryPrice(place - lower + taken, out long reached);

                // A part is rounded once: without packages, its price is that of its own units.
                long nanos = reached - charged;
                if (tier.Package == 0)
                {
                    _overflows |= !tier.TryPrice(taken, out nanos);
                }

                nanos += place == lower ? tier.FlatNanos : 0;
                AddTier(PartComponent.Usage, index, taken, nanos, tier);
                amount += nanos;
                place += taken;
                units -= taken;
            }

            lower = end;
        }

        Write(_owner, _row.PeriodMeter, _monthStart, new MeterReading(place, counted.Nanos + amount), _monthEnd);
    }

    /// <summary>
    /// All units of the month have the price of the tier reached; the event is the difference to what was charged before.
    /// </summary>
    private void PriceVolume(long units)
    {
        MeterReading counted = Read(_owner, _row.PeriodMeter, _monthStart);
        long total = counted.Units + units;
        int tier = TierOf(total);
        _overflows |= !_row.Tiers[tier].TryPrice(total, out long nanos);
        nanos += _row.Tiers[tier].FlatNanos;
        if (counted.Units > 0 && TierOf(counted.Units) is int former && former != tier)
        {
            AddTier(PartComponent.Reversal, former, -counted.Units, -counted.Nanos, _row.Tiers[former]);
            AddTier(PartComponent.Usage, tier, total, nanos, _row.Tiers[tier]);
        }
        else
        {
            AddTier(PartComponent.Usage, tier, units, nanos - counted.Nanos, _row.Tiers[tier]);
        }

        Write(_owner, _row.PeriodMeter, _monthStart, new MeterReading(total, nanos), _monthEnd);
    }

    private int TierOf(long total)
    {
        int tier = 0;
        while (tier < _row.Tiers.Length - 1 && total > _row.Tiers[tier].UpTo)
        {
            tier++;
        }

        return tier;
    }

    /// <summary>A package is a block begun in the month; the event that opens it pays it.</summary>
    private void PricePackages(long units)
    {
        MeterReading counted = Read(_owner, _row.PeriodMeter, _monthStart);
        long opened = PackagesOf(counted.Units + units) - PackagesOf(counted.Units);
        _overflows |= !RoundingPolicy.TryPrice(opened, _row.PriceNanos, 1, out long nanos);
        Add(new RatedPart { Component = PartComponent.Usage, Units = units, Packages = opened, AmountNanos = nanos });
        Write(
            _owner, _row.PeriodMeter, _monthStart, new MeterReading(counted.Units + units, counted.Nanos + nanos), _monthEnd);
    }

    private long PackagesOf(long units)
    {
        long beyond = Math.Max(0, units - _row.FreeUnits);
        return (beyond / _row.Package) + (beyond % _row.Package == 0 ? 0 : 1);
    }

    private void AddTier(PartComponent component, int index, long units, long nanos, in PriceList.Tier tier) => Add(
        new RatedPart
        {
            Component = component,
            Tier = index + 1,
            Units = units,
            UnitPriceNanos = tier.UnitPriceNanos,
            UnitSize = tier.Package == 0 ? tier.UnitSize : tier.Package,
            AmountNanos = nanos,
        });

    /// <summary>Adds an amount that belongs to the whole session, under the price at its start.</summary>
    private void AddOf(int version, PriceList.Row row, PartComponent component, long nanos)
    {
        if (nanos != 0)
        {
            _parts.Add(
                new RatedPart
                {
                    Component = component,
                    VersionIndex = version,
                    PriceIndex = row.Index,
                    BandIndex = -1,
                    BundleIndex = -1,
                    AmountNanos = nanos,
                });
        }
    }

    private void Add(RatedPart part)
    {
        (part.VersionIndex, part.PriceIndex, part.BandIndex) = (_versionIndex, _row.Index, _band);
        part.BundleIndex = part.Component == PartComponent.Bundle ? part.BundleIndex : -1;
        _parts.Add(part);
    }

    /// <summary>Adds units to the part before when nothing changed between them. Its amount is computed from all its units, once.</summary>
    private void AddRun(RatedPart part)
    {
        (part.VersionIndex, part.PriceIndex, part.BandIndex) = (_versionIndex, _row.Index, _band);
        part.BundleIndex = part.Component == PartComponent.Bundle ? part.BundleIndex : -1;
        if (_parts.Count > _recordPart && _parts[^1].IsSameAs(in part))
        {
            part.Units += _parts[^1].Units;
            _parts.RemoveAt(_parts.Count - 1);
        }

        if (part.Component == PartComponent.Usage)
        {
            _overflows |= !RoundingPolicy.TryPrice(part.Units, part.UnitPriceNanos, part.UnitSize, out long nanos);
            part.AmountNanos = nanos;
        }

        _parts.Add(part);
    }

    /// <summary>The event is the sum of its parts; false when it does not fit.</summary>
    private bool TrySum(ref RatingResult result)
    {
        Int128 amount = 0;
        long charged = 0;
        long covered = 0;
        foreach (ref readonly RatedPart part in Parts[_firstPart..])
        {
            amount += part.AmountNanos;
            covered += part.Component == PartComponent.Bundle ? part.Units : 0;
            charged += part.Component is PartComponent.Bundle or PartComponent.Usage or PartComponent.Reversal or PartComponent.ZeroRated
                ? part.Units : 0;
        }

        if (amount > Nanos.Max || amount < -Nanos.Max || _parts.Count - _firstPart > MostParts)
        {
            return false;
        }

        (result.AmountNanos, result.ChargedUnits, result.BundleUnits) = ((long)amount, charged, covered);
        (result.FirstPart, result.PartCount) = (_firstPart, _parts.Count - _firstPart);
        return true;
    }
}

/// <summary>Why nothing was charged.</summary>
internal enum ChargingFault
{
    /// <summary>It was charged.</summary>
    None = 0,

    /// <summary>A part of the event has no price.</summary>
    NoPrice,

    /// <summary>Nothing was used.</summary>
    NoUsage,

    /// <summary>What the price counts was not measured.</summary>
    NotMeasured,

    /// <summary>A number does not fit.</summary>
    Overflow,

    /// <summary>The usage has a value in another currency.</summary>
    Currency,
}
