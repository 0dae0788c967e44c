namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The accounts of a partition that are charged online, by owner as meters have it. Accounts are values, so undoing a batch puts back the
/// values from before it.
/// </summary>
internal sealed class QuotaBook
{
    private readonly Dictionary<UInt128, QuotaAccount> _accounts = [];

    // The accounts that the open batch changed, as they were before it; null for none.
    private readonly Dictionary<UInt128, QuotaAccount?> _before = [];
    private int _withMoney;

    /// <summary>Number of accounts.</summary>
    public int Count => _accounts.Count;

    /// <summary>Whether any account has prepaid money. Where nobody has, rating looks for none.</summary>
    public bool HasMoney => _withMoney > 0;

    /// <summary>Owners of the accounts that changed since the last commit.</summary>
    public IReadOnlyCollection<UInt128> Changed => _before.Keys;

    /// <summary>All accounts.</summary>
    public IReadOnlyDictionary<UInt128, QuotaAccount> Accounts => _accounts;

    /// <summary>An account; null when the owner has none.</summary>
    public QuotaAccount? Find(UInt128 owner) => _accounts.GetValueOrDefault(owner);

    /// <summary>Sets an account; an empty one is removed.</summary>
    public void Set(UInt128 owner, QuotaAccount account)
    {
        QuotaAccount? before = Find(owner);
        _before.TryAdd(owner, before);
        Put(owner, account.IsEmpty ? null : account);
    }

    /// <summary>Puts back a stored account; null when a later record of the store deletes it.</summary>
    public void Restore(UInt128 owner, QuotaAccount? account) => Put(owner, account);

    public void Commit() => _before.Clear();

    public void Abort()
    {
        foreach ((UInt128 owner, QuotaAccount? account) in _before)
        {
            Put(owner, account);
        }

        _before.Clear();
    }

    private void Put(UInt128 owner, QuotaAccount? account)
    {
        _withMoney -= Find(owner) is { Currency.IsUnknown: false } ? 1 : 0;
        _withMoney += account is { Currency.IsUnknown: false } ? 1 : 0;
        if (account is null)
        {
            _accounts.Remove(owner);
        }
        else
        {
            _accounts[owner] = account;
        }
    }
}
