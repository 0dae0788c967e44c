namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Numbers offering ids, so that subscriptions and tariffs are matched without comparing text. A number is never used again; subscriptions
/// may come before their offering and the other way round. All sessions and snapshots of a process share it; safe for several threads.
/// </summary>
public sealed class OfferingIndex
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>The number of an offering id, new when it was not seen before.</summary>
    public int GetOrAdd(string offering)
    {
        lock (_lock)
        {
            if (!_numbers.TryGetValue(offering, out int number))
            {
                number = _numbers.Count;
                _numbers.Add(offering, number);
            }

            return number;
        }
    }
}
