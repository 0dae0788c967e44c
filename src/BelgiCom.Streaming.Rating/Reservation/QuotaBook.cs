using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The accounts of a partition that are charged online, by owner as meters have it. Accounts are values, so undoing a batch puts back the
/// values from before it. What usage debits is counted beside them until somebody asks, so that no usage makes a new value.
/// </summary>
internal sealed class QuotaBook
{
    private readonly Dictionary<UInt128, QuotaAccount> _accounts = [];

    // Nano-units that usage debited since the account was set.
    private readonly Dictionary<UInt128, long> _debited = [];

    // The accounts that the open batch changed, as they were before it; null for none.
    private readonly Dictionary<UInt128, (QuotaAccount? Account, long Debited)> _before = [];

    /// <summary>Number of accounts.</summary>
    public int Count => _accounts.Count;

    /// <summary>Owners of the accounts that changed since the last commit.</summary>
    public IReadOnlyCollection<UInt128> Changed => _before.Keys;

    /// <summary>Owners of the accounts that have sessions.</summary>
    public IEnumerable<UInt128> WithSessions => _accounts.Where(one => !one.Value.Sessions.IsEmpty).Select(one => one.Key);

    /// <summary>An account; null when the owner has none.</summary>
    public QuotaAccount? Find(UInt128 owner)
    {
        if (!_accounts.TryGetValue(owner, out QuotaAccount? account))
        {
            return null;
        }

        if (_debited.Remove(owner, out long nanos) && nanos != 0)
        {
            ReservationState reservation = account.Reservation;
            account = account with { Reservation = reservation with { MoneyNanos = checked(reservation.MoneyNanos - nanos) } };
            _accounts[owner] = account;
        }

        return account;
    }

    /// <summary>Currency of an owner's money; unknown where it has none.</summary>
    public Currency CurrencyOf(UInt128 owner) => _accounts.GetValueOrDefault(owner)?.Currency ?? default;

    /// <summary>What top-ups brought an owner.</summary>
    public ImmutableArray<GrantedBundle> GrantedTo(UInt128 owner) => _accounts.GetValueOrDefault(owner)?.Granted ?? [];

    /// <summary>Debits money, below zero if it must. Who has none yet has 0 in the currency.</summary>
    public void Debit(UInt128 owner, long nanos, Currency currency)
    {
        QuotaAccount? account = _accounts.GetValueOrDefault(owner);
        ref long debited = ref CollectionsMarshal.GetValueRefOrAddDefault(_debited, owner, out _);
        _before.TryAdd(owner, (account, debited));
        debited = checked(debited + nanos);
        if (account is null or { Currency.IsUnknown: true })
        {
            account ??= QuotaAccount.Empty;
            _accounts[owner] = account with { Currency = currency, Reservation = account.Reservation with { MoneyNanos = 0 } };
        }
    }

    /// <summary>Sets an account; an empty one is removed.</summary>
    public void Set(UInt128 owner, QuotaAccount account)
    {
        _before.TryAdd(owner, (_accounts.GetValueOrDefault(owner), _debited.GetValueOrDefault(owner)));
        Put(owner, account.IsEmpty ? null : account, debited: 0);
    }

    /// <summary>Puts back a stored account; null when a later record of the store deletes it.</summary>
    public void Restore(UInt128 owner, QuotaAccount? account) => Put(owner, account, debited: 0);

    public void Commit() => _before.Clear();

    public void Abort()
    {
        foreach ((UInt128 owner, (QuotaAccount? account, long debited)) in _before)
        {
            Put(owner, account, debited);
        }

        _before.Clear();
    }

    private void Put(UInt128 owner, QuotaAccount? account, long debited)
    {
        if (account is null)
        {
            _accounts.Remove(owner);
        }
        else
        {
            _accounts[owner] = account;
        }

        if (debited == 0)
        {
            _debited.Remove(owner);
        }
        else
        {
            _debited[owner] = debited;
        }
    }
}
