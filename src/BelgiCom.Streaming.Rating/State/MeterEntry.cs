namespace BelgiCom.Streaming.Rating;

/// <summary>A meter with its key, as it is stored: what a price list counts beyond a month's balance.</summary>
/// <param name="Owner">Whose: the subscriber's reference, changed by the hash of the account that pays; or one made of the account's hash
/// alone.</param>
/// <param name="Id">What is counted: 64 bits of a hash over kind and name, or of the session.</param>
/// <param name="From">Beginning of what is counted: first day of the month or bundle, days since 1970-01-01; or the number of a session's
/// count.</param>
/// <param name="Units">Octets, seconds, messages, units, or how many.</param>
/// <param name="Nanos">An amount in nano-units of the currency, or a second number.</param>
/// <param name="UntilDay">Last UTC day of usage that may need it, days since 1970-01-01; <see cref="NoEnd"/> when it has no end.</param>
public readonly record struct MeterEntry(UInt128 Owner, ulong Id, long From, long Units, long Nanos, int UntilDay)
{
    /// <summary>9999-12-31: the last day that a topic can hold.</summary>
    public const int NoEnd = 2_932_896;
}
