using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The operations of prepaid money that a partition remembers, and how far it took the amounts on their way. Operations are values, so
/// undoing a batch puts back what was there before it.
/// </summary>
internal sealed class OperationBook
{
    // Texts are few: currencies, clients and reasons. Each is kept once, up to this number.
    private const int MostTexts = 10_000;

    private readonly Dictionary<OperationKey, BalanceOperation> _operations = [];
    private readonly Dictionary<OperationKey, BalanceOperation?> _before = [];
    private readonly Dictionary<string, string> _texts = [];
    private long _committedPosition;

    /// <summary>Number of operations that are remembered.</summary>
    public int Count => _operations.Count;

    /// <summary>All operations that are remembered.</summary>
    public IEnumerable<BalanceOperation> All => _operations.Values;

    /// <summary>The steps that the open batch added or forgot.</summary>
    public IReadOnlyCollection<OperationKey> Changed => _before.Keys;

    /// <summary>Offset of balance.journal.v1 from which amounts on their way are not taken yet.</summary>
    public long Position { get; set; }

    /// <summary>Whether the open batch moved the position.</summary>
    public bool HasMoved => Position != _committedPosition;

    /// <summary>An operation that was done; null for none.</summary>
    public BalanceOperation? Find(OperationKey key) => _operations.GetValueOrDefault(key);

    /// <summary>Remembers an operation.</summary>
    public void Add(BalanceOperation operation)
    {
        OperationKey key = OperationKey.Of(operation);
        _before.TryAdd(key, Find(key));
        _operations[key] = operation;
    }

    /// <summary>Forgets operations that are older than an instant, at most so many.</summary>
    public void Forget(DateTimeOffset before, int most)
    {
        foreach (OperationKey key in _operations.Where(one => one.Value.At < before).Take(most).Select(one => one.Key).ToArray())
        {
            _before.TryAdd(key, Find(key));
            _operations.Remove(key);
        }
    }

    /// <summary>Puts back a stored operation; null when a later record of the store deletes it.</summary>
    public void Restore(OperationKey key, BalanceOperation? operation)
    {
        if (operation is null)
        {
            _operations.Remove(key);
            return;
        }

        _operations[key] = operation with
        {
            Currency = Shared(operation.Currency),
            Caller = Shared(operation.Caller),
            Reason = Shared(operation.Reason),
        };
    }

    /// <summary>Puts back the stored position.</summary>
    public void RestorePosition(long position) => Position = _committedPosition = position;

    public void Commit()
    {
        _before.Clear();
        _committedPosition = Position;
    }

    public void Abort()
    {
        foreach ((OperationKey key, BalanceOperation? operation) in _before)
        {
            if (operation is null)
            {
                _operations.Remove(key);
            }
            else
            {
                _operations[key] = operation;
            }
        }

        _before.Clear();
        Position = _committedPosition;
    }

    private string Shared(string text)
    {
        if (_texts.TryGetValue(text, out string? known))
        {
            return known;
        }

        if (_texts.Count < MostTexts)
        {
            _texts.Add(text, text);
        }

        return text;
    }
}
