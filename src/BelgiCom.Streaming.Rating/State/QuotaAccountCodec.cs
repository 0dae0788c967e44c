using System.Collections.Immutable;
using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Online accounts as rating.state.v1 holds them. An instance keeps room for the account that it wrote last.</summary>
public sealed class QuotaAccountCodec
{
    private byte[] _sessions = [];
    private byte[] _quotas = [];
    private byte[] _granted = [];

    /// <summary>Value of an account; valid until the next one is asked for.</summary>
    /// <param name="owner">Whose.</param>
    /// <param name="account">The account.</param>
    public RatingStateView View(UInt128 owner, QuotaAccount account)
    {
        return new RatingStateView
        {
            HasCharging = true,
            Charging = new ChargingAccountView
            {
                Owner = UsageEvents.ToSubscriberRef(owner),
                Currency = account.Currency.Utf8,
                MoneyNanos = account.Reservation.MoneyNanos ?? 0,
                SessionsOctets = Sessions(account),
                QuotasOctets = Quotas(account),
                BundlesOctets = Granted(account),
            },
        };
    }

    /// <summary>The account that a record holds.</summary>
    /// <param name="stored">The record.</param>
    /// <param name="readUsage">Reads a value of usage.received.v1; false when it is none.</param>
    /// <param name="account">The account.</param>
    public static bool TryRead(in ChargingAccountView stored, UsageReader readUsage, out QuotaAccount account)
    {
        account = new QuotaAccount { Currency = Currency.Of(stored.Currency) };
        ReservationState reservation = new() { MoneyNanos = account.Currency.IsUnknown ? null : stored.MoneyNanos };
        foreach (ChargingSessionView session in new AvroItems<ChargingSessionView>(stored.SessionsOctets))
        {
            account = account with
            {
                Sessions = account.Sessions.SetItem(
                    (ulong)session.Id,
                    new QuotaSession(session.BeganMilliseconds, session.Sequence, session.SeenMilliseconds, session.HasEnded)),
            };
        }

        foreach (SessionQuotaView quota in new AvroItems<SessionQuotaView>(stored.QuotasOctets))
        {
            if (!account.Sessions.TryGetValue((ulong)quota.Session, out QuotaSession session))
            {
                return false;
            }

            UsageRecord usage = default;
            if (!quota.Usage.IsEmpty && !readUsage(quota.Usage, out usage))
            {
                return false;
            }

            SessionReservation held = new()
            {
                UsedUnits = quota.UsedUnits,
                ChargedUnits = quota.ChargedUnits,
                CostNanos = quota.CostNanos,
                HeldNanos = quota.HeldNanos,
                HeldUnits = quota.HeldUnits,
                SeenMilliseconds = session.SeenMilliseconds,
                Unit = (PriceUnit)quota.Unit,
                Usage = usage,
                UsageValue = quota.Usage.ToArray(),
                Answer = new QuotaAnswer(
                    (QuotaResult)quota.Result, quota.GrantedUnits, quota.IsFinal, quota.ValidUntilMilliseconds, quota.CostNanos),
            };
            reservation = reservation with
            {
                Sessions = reservation.Sessions.SetItem(QuotaAccount.NumberOf((ulong)quota.Session, quota.RatingGroup), held),
            };
        }

        List<GrantedBundle> granted = [];
        foreach (GrantedTopUpView one in new AvroItems<GrantedTopUpView>(stored.BundlesOctets))
        {
            granted.Add(new GrantedBundle(
                Encoding.UTF8.GetString(one.Offering), one.Version, one.Place, one.Number, one.ValidFromMilliseconds,
                one.ValidToMilliseconds));
        }

        account = account with { Reservation = reservation, Granted = [.. granted] };
        return true;
    }

    private ReadOnlySpan<byte> Sessions(QuotaAccount account)
    {
        if (account.Sessions.IsEmpty)
        {
            return default;
        }

        EnsureRoom(ref _sessions, account.Sessions.Count * default(ChargingSessionView).MaxSize);
        AvroItemsWriter<ChargingSessionView> writer = new(_sessions, account.Sessions.Count);
        foreach ((ulong id, QuotaSession session) in account.Sessions)
        {
            writer.Add(new ChargingSessionView
            {
                Id = (long)id,
                BeganMilliseconds = session.BeganMilliseconds,
                Sequence = session.Sequence,
                SeenMilliseconds = session.SeenMilliseconds,
                HasEnded = session.HasEnded,
            });
        }

        return _sessions.AsSpan(0, writer.Finish());
    }

    private ReadOnlySpan<byte> Granted(QuotaAccount account)
    {
        if (account.Granted.IsEmpty)
        {
            return default;
        }

        byte[][] offerings = [.. account.Granted.Select(one => Encoding.UTF8.GetBytes(one.Offering))];
        EnsureRoom(ref _granted, (offerings.Length * default(GrantedTopUpView).MaxSize) + offerings.Sum(name => name.Length));
        AvroItemsWriter<GrantedTopUpView> writer = new(_granted, offerings.Length);
        foreach ((int index, GrantedBundle one) in account.Granted.Index())
        {
            writer.Add(new GrantedTopUpView
            {
                Offering = offerings[index],
                Version = one.Version,
                Place = one.Place,
                Number = one.Number,
                ValidFromMilliseconds = one.FromMilliseconds,
                ValidToMilliseconds = one.ToMilliseconds,
            });
        }

        return _granted.AsSpan(0, writer.Finish());
    }

    private ReadOnlySpan<byte> Quotas(QuotaAccount account)
    {
        ImmutableSortedDictionary<UInt128, SessionReservation> quotas = account.Reservation.Sessions;
        if (quotas.Count == 0)
        {
            return default;
        }

        EnsureRoom(
            ref _quotas, (quotas.Count * default(SessionQuotaView).MaxSize) + quotas.Sum(quota => quota.Value.UsageValue.Length));
        AvroItemsWriter<SessionQuotaView> writer = new(_quotas, quotas.Count);
        foreach ((UInt128 number, SessionReservation quota) in quotas)
        {
            writer.Add(new SessionQuotaView
            {
                Session = (long)(ulong)(number >> 64),
                RatingGroup = (long)(ulong)number,
                Unit = (int)quota.Unit,
                UsedUnits = quota.UsedUnits,
                ChargedUnits = quota.ChargedUnits,
                CostNanos = quota.CostNanos,
                HeldUnits = quota.HeldUnits,
                HeldNanos = quota.HeldNanos,
                Result = (int)quota.Answer.Result,
                GrantedUnits = quota.Answer.GrantedUnits,
                IsFinal = quota.Answer.IsFinalUnit,
                ValidUntilMilliseconds = quota.Answer.ValidUntilMilliseconds,
                Usage = quota.UsageValue.Span,
            });
        }

        return _quotas.AsSpan(0, writer.Finish());
    }

    private static void EnsureRoom(ref byte[] room, int items)
    {
        int size = AvroLimits.MaxArrayFrame + items;
        if (room.Length < size)
        {
            room = new byte[Math.Max(size, room.Length * 2)];
        }
    }

    /// <summary>Reads a value of usage.received.v1; false when it is none.</summary>
    public delegate bool UsageReader(ReadOnlySpan<byte> value, out UsageRecord usage);
}
