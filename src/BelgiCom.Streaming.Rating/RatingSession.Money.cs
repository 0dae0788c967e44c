using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Prepaid money: top-ups, adjustments and transfers. Each is done once under its id. A transfer is taken from its sender and put on its
/// way in one batch; the session of its receiver takes it from balance.journal.v1 and moves its position there in one batch, so the amount
/// is in one account, on its way, or in the other one, whatever ends when.
/// </summary>
public sealed partial class RatingSession
{
    // Most bundles of top-ups that a subscriber has at a time, those included that late usage may still draw.
    private const int MostGranted = 200;

    private readonly OperationBook _operations = new();

    /// <summary>Number of operations that are remembered.</summary>
    public int OperationCount => _operations.Count;

    /// <summary>All operations that are remembered.</summary>
    public IEnumerable<BalanceOperation> Operations => _operations.All;

    /// <summary>The steps of operations that the open batch added or forgot: each is to be stored or deleted with it.</summary>
    public IReadOnlyCollection<OperationKey> ChangedOperations => _operations.Changed;

    /// <summary>Offset of balance.journal.v1 from which amounts on their way are not taken yet.</summary>
    public long JournalPosition => _operations.Position;

    /// <summary>Whether the open batch moved <see cref="JournalPosition"/>, which is then to be stored with it.</summary>
    public bool HasJournalMoved => _operations.HasMoved;

    /// <summary>A step of an operation that was done; null when it was not, or is forgotten.</summary>
    public BalanceOperation? FindOperation(OperationKey key) => _operations.Find(key);

    /// <summary>Puts back a stored operation; null when a later record of the store deletes it.</summary>
    public void RestoreOperation(OperationKey key, BalanceOperation? operation) => _operations.Restore(key, operation);

    /// <summary>Puts back the stored position in balance.journal.v1.</summary>
    public void RestoreJournalPosition(long position) => _operations.RestorePosition(position);

    /// <summary>Takes note that no amount on its way lies before an offset of balance.journal.v1, until commit or abort.</summary>
    public void PassJournal(long position) => _operations.Position = Math.Max(_operations.Position, position);

    /// <summary>Forgets operations that were done before an instant, until commit or abort.</summary>
    /// <param name="before">The instant.</param>
    /// <param name="most">At most so many.</param>
    public void ForgetOperations(DateTimeOffset before, int most) => _operations.Forget(before, most);

    /// <summary>Does an order, or says why not; what is not done changes nothing and is not remembered.</summary>
    /// <param name="order">The order.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="policy">How long sessions hold money.</param>
    /// <param name="atMilliseconds">Now, milliseconds since 1970-01-01 UTC.</param>
    public MoneyAnswer Do(in MoneyOrder order, TariffSnapshot tariffs, QuotaPolicy policy, long atMilliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(order.AmountNanos, nameof(order));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order.AmountNanos, MoneyOrder.MostNanos, nameof(order));
        if (FindDone(in order) is { } done)
        {
            return done;
        }

        MoneyOutcome found = FindMoney(
            order.Subscriber, order.Currency, order.Kind == BalanceOperationKind.TopUp, tariffs, atMilliseconds, out UInt128 owner,
            out UInt128 named);
        if (found != MoneyOutcome.Done)
        {
            return new MoneyAnswer(found, Named: named);
        }

        QuotaAccount account = QuotaExchange.Aged(_quotas.Find(owner) ?? QuotaAccount.Empty, policy, atMilliseconds);
        GrantedBundle[] granted = [];
        BroughtBundle[] brought = [];
        if (order.Kind == BalanceOperationKind.TopUp)
        {
            account = WithoutForgotten(account);
            (granted, brought) = Bring(in order, account, tariffs, atMilliseconds);
            if (account.Granted.Length + granted.Length > MostGranted)
            {
                return new MoneyAnswer(MoneyOutcome.TooManyBundles);
            }
        }

        bool isTaken = order.Kind is BalanceOperationKind.Debit or BalanceOperationKind.TransferOut;
        long before = account.Reservation.MoneyNanos ?? 0;
        if (isTaken && order.AmountNanos > before - HeldOf(account, order.Subscriber, tariffs, atMilliseconds))
        {
            return new MoneyAnswer(MoneyOutcome.NotEnough);
        }

        if (!isTaken && before > MoneyOrder.MostNanos - order.AmountNanos)
        {
            return new MoneyAnswer(MoneyOutcome.TooMuch);
        }

        BalanceOperation operation = Put(
            new BalanceOperation
            {
                OperationId = OperationKey.ToId(order.Id),
                Kind = order.Kind,
                SubscriberRef = UsageEvents.ToSubscriberRef(order.Subscriber),
                Amount = Nanos.ToDecimal(order.AmountNanos),
                Currency = order.Currency.ToString(),
                At = DateTimeOffset.FromUnixTimeMilliseconds(atMilliseconds),
                Caller = order.Caller,
                Reason = order.Reason,
                Counterpart = UsageEvents.ToSubscriberRef(order.Counterpart),
                Bundles = brought,
            },
            owner, account with { Granted = account.Granted.AddRange(granted) }, isTaken ? -order.AmountNanos : order.AmountNanos);
        BalanceOperation? due = order.Kind != BalanceOperationKind.TransferOut ? null : operation with
        {
            Kind = BalanceOperationKind.TransferDue,
            SubscriberRef = operation.Counterpart,
            Counterpart = operation.SubscriberRef,
            CounterpartOwner = operation.Owner,
            Owner = default,
            Before = 0,
            After = 0,
        };
        return new MoneyAnswer(MoneyOutcome.Done, operation, due);
    }

    /// <summary>Whether an order was done before, or another one under its id; done when neither was.</summary>
    /// <param name="order">The order.</param>
    /// <param name="atMilliseconds">Now, milliseconds since 1970-01-01 UTC.</param>
    public MoneyAnswer Find(in MoneyOrder order, long atMilliseconds) =>
        FindDone(in order) ?? (TryFindNamed(order.Subscriber, atMilliseconds, out UInt128 named)
            ? new MoneyAnswer(MoneyOutcome.OtherName, Named: named)
            : new MoneyAnswer(MoneyOutcome.Done));

    /// <summary>Whether a subscriber could get an amount by a transfer now.</summary>
    /// <param name="subscriber">Who would get it.</param>
    /// <param name="currency">Its currency.</param>
    /// <param name="amountNanos">Nano-units.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="atMilliseconds">Now, milliseconds since 1970-01-01 UTC.</param>
    public MoneyAnswer CanReceive(
        UInt128 subscriber, Currency currency, long amountNanos, TariffSnapshot tariffs, long atMilliseconds)
    {
        MoneyOutcome found = FindMoney(
            subscriber, currency, isNew: true, tariffs, atMilliseconds, out UInt128 owner, out UInt128 named);
        return found == MoneyOutcome.Done && _quotas.Find(owner)?.Reservation.MoneyNanos > MoneyOrder.MostNanos - amountNanos
            ? new MoneyAnswer(MoneyOutcome.TooMuch)
            : new MoneyAnswer(found, Named: named);
    }

    /// <summary>
    /// Takes an amount on its way: into the receiver's account, or, where that cannot be, back on its way to the sender's, which takes it
    /// always.
    /// </summary>
    /// <param name="due">A record of balance.journal.v1 of this partition.</param>
    /// <param name="offset">Its offset, which the session takes note of.</param>
    /// <param name="tariffs">Tariffs in force.</param>
    /// <param name="atMilliseconds">Now, milliseconds since 1970-01-01 UTC.</param>
    /// <returns>What is to be written to the journal; null when the record is no amount on its way, or was taken before.</returns>
    public BalanceOperation? Take(BalanceOperation due, long offset, TariffSnapshot tariffs, long atMilliseconds)
    {
        if (offset < _operations.Position)
        {
            return null;
        }

        _operations.Position = offset + 1;
        Currency currency = Currency.Of(System.Text.Encoding.UTF8.GetBytes(due.Currency));
        if (currency.IsUnknown || !Nanos.TryFromDecimal(due.Amount, out long nanos) || nanos is <= 0 or > MoneyOrder.MostNanos)
        {
            return null;
        }

        DateTimeOffset at = DateTimeOffset.FromUnixTimeMilliseconds(atMilliseconds);
        UInt128 id = OperationKey.ToNumber(due.OperationId);
        switch (due.Kind)
        {
            case BalanceOperationKind.TransferRefused when _operations.Find(new OperationKey(id, OperationStep.Back)) is null:
                UInt128 sender = UsageEvents.ToNumber(due.Owner);
                return Put(
                    due with { Kind = BalanceOperationKind.TransferBack, At = at }, sender, _quotas.Find(sender) ?? QuotaAccount.Empty,
                    nanos);
            case BalanceOperationKind.TransferDue when _operations.Find(new OperationKey(id, OperationStep.In)) is null:
                UInt128 receiver = UsageEvents.ToNumber(due.SubscriberRef);
                MoneyAnswer can = CanReceive(receiver, currency, nanos, tariffs, atMilliseconds);
                if (can.Outcome == MoneyOutcome.OtherName)
                {
                    return due with { SubscriberRef = UsageEvents.ToSubscriberRef(can.Named), At = at };
                }

                if (can.Outcome != MoneyOutcome.Done)
                {
                    return due with
                    {
                        Kind = BalanceOperationKind.TransferRefused,
                        SubscriberRef = due.Counterpart,
                        Counterpart = due.SubscriberRef,
                        Owner = due.CounterpartOwner,
                        At = at,
                        Refusal = can.Outcome.ToString(),
                    };
                }

                TryFindOwner(receiver, atMilliseconds, out UInt128 owner);
                return Put(
                    due with { Kind = BalanceOperationKind.TransferIn, At = at }, owner, _quotas.Find(owner) ?? QuotaAccount.Empty, nanos);
            default:
                return null;
        }
    }

    private MoneyAnswer? FindDone(in MoneyOrder order) =>
        _operations.Find(new OperationKey(order.Id, OperationStep.Request)) is { } done
            ? new MoneyAnswer(order.IsSameAs(done) ? MoneyOutcome.Repeated : MoneyOutcome.Contradicts, done)
            : null;

    /// <summary>
    /// Finds the account with a subscriber's money. Who pays before use has money, 0 until the first top-up. Who pays with the bill has
    /// none, or what is left from before; it may be taken away or put right, but nothing new may come to it.
    /// </summary>
    private MoneyOutcome FindMoney(
        UInt128 subscriber, Currency currency, bool isNew, TariffSnapshot tariffs, long at, out UInt128 owner, out UInt128 named)
    {
        named = default;
        owner = default;
        int number = _subscribers.Find(subscriber);
        if (number == SubscriberTable.NotFound || !_subscribers.TryGuide(number, at, out int offering, out _, out int holder, out _))
        {
            return TryFindNamed(subscriber, at, out named) ? MoneyOutcome.OtherName : MoneyOutcome.UnknownSubscriber;
        }

        owner = subscriber ^ _subscribers.OwnerOf(holder);
        Currency own = _quotas.CurrencyOf(owner);
        int version = tariffs.FindVersion(offering, at);
        if (isNew || own.IsUnknown)
        {
            if (version < 0)
            {
                return MoneyOutcome.NoOffering;
            }

            TariffVersion offered = tariffs.Version(version);
            if (!offered.IsPrepaid)
            {
                return isNew ? MoneyOutcome.PostPaid : MoneyOutcome.NoPrepaidMoney;
            }

            if (offered.Currency != currency)
            {
                return MoneyOutcome.OtherCurrency;
            }
        }

        return own.IsUnknown || own == currency ? MoneyOutcome.Done : MoneyOutcome.OtherCurrency;
    }

    /// <summary>
    /// Money that a subscriber's sessions hold. Those of who pays with the bill hold none of what is left from before: what they may still
    /// cost is kept with them for limits alone.
    /// </summary>
    private long HeldOf(QuotaAccount account, UInt128 subscriber, TariffSnapshot tariffs, long at) =>
        _subscribers.TryGuide(_subscribers.Find(subscriber), at, out int offering, out _, out _, out _)
        && tariffs.FindVersion(offering, at) is >= 0 and int version && tariffs.Version(version).IsPrepaid
            ? account.Reservation.ReservedNanos
            : 0;

    /// <summary>What a top-up brings, as it is kept and as it is told.</summary>
    private (GrantedBundle[] Granted, BroughtBundle[] Brought) Bring(
        in MoneyOrder order, QuotaAccount account, TariffSnapshot tariffs, long at)
    {
        _subscribers.TryGuide(_subscribers.Find(order.Subscriber), at, out int offering, out _, out _, out _);
        TariffVersion version = tariffs.Version(tariffs.FindVersion(offering, at));
        long next = account.Granted.IsEmpty ? at : Math.Max(at, account.Granted[^1].Number + 1);
        PriceList.TopUp[] topUps = [.. version.PriceList.BroughtBy(order.AmountNanos)];
        GrantedBundle[] granted =
        [
            .. topUps.Select((topUp, place) => new GrantedBundle(
                System.Text.Encoding.UTF8.GetString(version.OfferingUtf8), topUp.Version, topUp.Place, next + place, at,
                at + (topUp.Published.ValiditySeconds * MillisecondsPerSecond))),
        ];
        return (granted,
        [
            .. topUps.Zip(granted, (topUp, one) => new BroughtBundle
            {
                Id = topUp.Published.Bundle.Id,
                Kind = topUp.Published.Bundle.Kind,
                Units = topUp.Published.Bundle.Unlimited ? 0 : topUp.Published.Bundle.Units,
                Number = one.Number,
                ValidFrom = DateTimeOffset.FromUnixTimeMilliseconds(one.FromMilliseconds),
                ValidTo = DateTimeOffset.FromUnixTimeMilliseconds(one.ToMilliseconds),
            }),
        ]);
    }

    /// <summary>An account without the bundles that no usage may draw any more, because usage of their time is late.</summary>
    private QuotaAccount WithoutForgotten(QuotaAccount account)
    {
        long oldest = _ids.NewestDay == DedupWindow.NoDay ? long.MinValue : (_ids.NewestDay - _lateDays) * MillisecondsPerDay;
        return account with { Granted = account.Granted.RemoveAll(granted => granted.ToMilliseconds <= oldest) };
    }

    private BalanceOperation Put(BalanceOperation operation, UInt128 owner, QuotaAccount account, long nanos)
    {
        long before = account.Reservation.MoneyNanos ?? 0;
        long after = checked(before + nanos);
        operation = operation with
        {
            Owner = UsageEvents.ToSubscriberRef(owner),
            Before = Nanos.ToDecimal(before),
            After = Nanos.ToDecimal(after),
        };
        _operations.Add(operation);
        _quotas.Set(owner, account with
        {
            Currency = Currency.Of(System.Text.Encoding.UTF8.GetBytes(operation.Currency)),
            Reservation = account.Reservation with { MoneyNanos = after },
        });
        return operation;
    }
}
