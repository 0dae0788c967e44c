using System.Runtime.InteropServices;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The account of every subscriber at any time, whatever the offering and the partition: what a price asks that is for calls to members of
/// the caller's account. Nearly all have one account all the time, which needs no object of its own. Used by one thread.
/// </summary>
internal sealed class GroupDirectory
{
    private readonly Dictionary<UInt128, Stay> _newest = [];

    // The periods before the newest, of those who have any.
    private readonly Dictionary<UInt128, Stay[]> _earlier = [];

    /// <summary>Replaces the subscription of a subscriber; without periods it ends.</summary>
    /// <param name="subscriber">Whose.</param>
    /// <param name="periods">Its periods, ordered and not overlapping.</param>
    public void Set(UInt128 subscriber, IReadOnlyList<SubscriptionPeriod> periods)
    {
        // Another name of a line is made of its IMSI, which nobody calls.
        Stay[] stays = [.. periods.Where(period => period.AliasOf is null).Select(Stay.Of)];
        _newest.Remove(subscriber);
        _earlier.Remove(subscriber);
        if (stays.Length > 0)
        {
            _newest.Add(subscriber, stays[^1]);
        }

        if (stays.Length > 1)
        {
            _earlier.Add(subscriber, stays[..^1]);
        }
    }

    /// <summary>Whether a subscriber is with an account at an instant.</summary>
    /// <param name="subscriber">The subscriber.</param>
    /// <param name="account">Hash of the account.</param>
    /// <param name="milliseconds">The instant, milliseconds since 1970-01-01 UTC.</param>
    public bool IsWith(UInt128 subscriber, ulong account, long milliseconds)
    {
        ref readonly Stay newest = ref CollectionsMarshal.GetValueRefOrNullRef(_newest, subscriber);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(in newest))
        {
            return false;
        }

        return newest.IsWith(account, milliseconds)
            || (milliseconds < newest.FromMilliseconds && _earlier.TryGetValue(subscriber, out Stay[]? earlier)
                && Array.Exists(earlier, stay => stay.IsWith(account, milliseconds)));
    }

    /// <summary>The time that a subscriber is with an account.</summary>
    /// <param name="Account">Hash of the account.</param>
    /// <param name="FromMilliseconds">First instant, milliseconds since 1970-01-01 UTC.</param>
    /// <param name="ToMilliseconds">First instant after it.</param>
    private readonly record struct Stay(ulong Account, long FromMilliseconds, long ToMilliseconds)
    {
        public static Stay Of(SubscriptionPeriod period) => new(
            AccountKey.HashOf(AccountKey.Of(Encoding.UTF8.GetBytes(period.Account))),
            period.ValidFrom?.ToUnixTimeMilliseconds() ?? long.MinValue,
            period.ValidTo?.ToUnixTimeMilliseconds() ?? long.MaxValue);

        public bool IsWith(ulong account, long milliseconds) =>
            account == Account && milliseconds >= FromMilliseconds && milliseconds < ToMilliseconds;
    }
}
