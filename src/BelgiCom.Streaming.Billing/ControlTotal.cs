using System.Buffers.Binary;
using System.IO.Hashing;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The key of a control total: partition, day of the usage in Europe/Brussels (yyyymmdd), outcome and what its amounts are of.
/// </summary>
internal readonly record struct ControlTotalKey(LedgerStream Stream, int Day, LedgerOutcome Outcome, AmountTerms Terms);

/// <summary>Counts and sums over a set of usage events, and a hash total that does not depend on their order.</summary>
public readonly record struct ControlTotal
{
    /// <summary>Usage events.</summary>
    public long Records { get; init; }

    /// <summary>Octets in both directions. A sum of 64-bit quantities has 128 bits, so no usage event can make it overflow.</summary>
    public Int128 Octets { get; init; }

    /// <summary>Seconds of usage, in 128 bits.</summary>
    public Int128 Seconds { get; init; }

    /// <summary>Sum of the amounts in 10⁻⁹ of the currency's unit, in 128 bits. All are of the same <see cref="AmountTerms"/>.</summary>
    public Int128 AmountNanos { get; init; }

    /// <summary>
    /// Sum modulo 2⁶⁴ of XXH64 over usage id and amount of each event. It is a sum and not an exclusive or, so that an event that is
    /// counted twice does not cancel itself.
    /// </summary>
    public ulong HashTotal { get; init; }

    /// <summary>The totals of both sets together.</summary>
    public static ControlTotal operator +(ControlTotal left, ControlTotal right) => new()
    {
        Records = left.Records + right.Records,
        Octets = left.Octets + right.Octets,
        Seconds = left.Seconds + right.Seconds,
        AmountNanos = left.AmountNanos + right.AmountNanos,
        HashTotal = unchecked(left.HashTotal + right.HashTotal),
    };

    /// <summary>The totals of both sets together.</summary>
    public static ControlTotal Add(ControlTotal left, ControlTotal right) => left + right;

    /// <summary>What was added between <paramref name="earlier"/> and now.</summary>
    internal ControlTotal Since(ControlTotal earlier) => new()
    {
        Records = Records - earlier.Records,
        Octets = Octets - earlier.Octets,
        Seconds = Seconds - earlier.Seconds,
        AmountNanos = AmountNanos - earlier.AmountNanos,
        HashTotal = unchecked(HashTotal - earlier.HashTotal),
    };

    /// <summary>The totals of one event.</summary>
    internal static ControlTotal Of(in LedgerLine line) => new()
    {
        Records = 1,
        // -1 says that a quantity was not measured.
        Octets = Math.Max(0, line.TotalOctets),
        Seconds = Math.Max(0, line.DurationSeconds),
        AmountNanos = line.AmountNanos,
        HashTotal = HashOf(line.UsageId, line.AmountNanos),
    };

    /// <summary>The summand of one event in <see cref="HashTotal"/>.</summary>
    public static ulong HashOf(UsageId usageId, long amountNanos)
    {
        Span<byte> buffer = stackalloc byte[24];
        usageId.CopyTo(buffer);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[16..], amountNanos);
        return XxHash64.HashToUInt64(buffer);
    }
}
