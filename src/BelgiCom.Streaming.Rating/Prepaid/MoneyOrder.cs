using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>A change of prepaid money that somebody asks for.</summary>
/// <param name="Id">Identity of the request, as <see cref="OperationKey.IdOf"/> makes it.</param>
/// <param name="Kind">Top-up, credit, debit, or transfer out.</param>
/// <param name="Subscriber">Whose money.</param>
/// <param name="AmountNanos">Nano-units of the currency, above 0 and at most <see cref="MostNanos"/>.</param>
/// <param name="Currency">Currency of the amount.</param>
/// <param name="Caller">Name of the client that asks; never personal data.</param>
/// <param name="Reason">Its reason, a code; never personal data.</param>
/// <param name="Counterpart">Who gets a transfer; default for none.</param>
public readonly record struct MoneyOrder(
    UInt128 Id, BalanceOperationKind Kind, UInt128 Subscriber, long AmountNanos, Currency Currency, string Caller, string Reason,
    UInt128 Counterpart = default)
{
    /// <summary>
    /// Most money that an order may leave in an account: a hundred million. Ten times as much can be stored, so that what comes back to a
    /// full account has room.
    /// </summary>
    public const long MostNanos = 100_000_000 * Nanos.PerUnit;

    /// <summary>Whether an operation that was done under the same id is this one.</summary>
    internal bool IsSameAs(BalanceOperation done) =>
        Kind == done.Kind && AmountNanos == Nanos.FromDecimal(done.Amount) && Currency.ToString() == done.Currency
        && Reason == done.Reason && UsageEvents.ToSubscriberRef(Counterpart) == done.Counterpart;
}

/// <summary>What becomes of an order.</summary>
public enum MoneyOutcome
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>It was done before: the operation is that of then, and nothing changed now.</summary>
    Repeated,

    /// <summary>Another order was done under its id.</summary>
    Contradicts,

    /// <summary>No subscription names an account for the subscriber now.</summary>
    UnknownSubscriber,

    /// <summary>The subscriber is known under another reference: ask again under that.</summary>
    OtherName,

    /// <summary>No version of the subscriber's offering is in force, so its currency is not known.</summary>
    NoOffering,

    /// <summary>The offering is paid with the bill, so no money may come to it.</summary>
    PostPaid,

    /// <summary>The account or the offering has another currency.</summary>
    OtherCurrency,

    /// <summary>The offering is paid with the bill, and no money is left from before.</summary>
    NoPrepaidMoney,

    /// <summary>Less is left than is to be taken, beside what sessions hold.</summary>
    NotEnough,

    /// <summary>The subscriber has as many bundles of top-ups as may be kept.</summary>
    TooManyBundles,

    /// <summary>The account would have more than <see cref="MoneyOrder.MostNanos"/>.</summary>
    TooMuch,
}

/// <summary>Answer to an order.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Operation">The operation that was done, now or before; null when none was.</param>
/// <param name="Due">The amount on its way to the receiver, to be written with the operation; null for none.</param>
/// <param name="Named">The reference under which the subscriber is known, for <see cref="MoneyOutcome.OtherName"/>.</param>
public readonly record struct MoneyAnswer(
    MoneyOutcome Outcome, BalanceOperation? Operation = null, BalanceOperation? Due = null, UInt128 Named = default);
