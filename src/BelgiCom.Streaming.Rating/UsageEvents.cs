using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Converts between the events of the topics and the values of the rating core. Allocates nothing.</summary>
public static class UsageEvents
{
    /// <summary>
    /// The key of an event whose body is not decoded yet; the first two fields of the schema are fixed octets. Only <see
    /// cref="RatingSession.Prepare"/> may use it, where a wrong key costs time but never gives a wrong result. A body that is too short
    /// gives an empty key.
    /// </summary>
    public static UsageKey PeekKey(ReadOnlySpan<byte> body) => body.Length < UsageId.Size + SubscriberRef.Size
        ? default
        : new UsageKey(BinaryPrimitives.ReadUInt128BigEndian(body), BinaryPrimitives.ReadUInt128BigEndian(body[UsageId.Size..]));

    /// <summary>The part of a received event that rating needs.</summary>
    /// <param name="received">Decoded event.</param>
    /// <param name="receivedTimeMilliseconds">When the log took the event, milliseconds since 1970-01-01 UTC; 0 or less when not
    /// known.</param>
    /// <param name="withDetails">Whether a tariff asks for more than most do (<see cref="TariffSnapshot.UsesDetails"/>).</param>
    /// <param name="late">The late policy; null when there is none.</param>
    public static UsageRecord ToRecord(
        in UsageReceivedView received, long receivedTimeMilliseconds, bool withDetails, LatePolicy? late = null)
    {
        Plmn network = Plmn.FromUsage(received.ServingPlmn);
        return new UsageRecord
        {
            Session = withDetails ? SessionOf(in received) : default,
            CalledNumber = withDetails ? CalledNumberOf(in received) : default,
            Called = withDetails ? CalledOf(in received) : default,
            DataNetwork = withDetails ? DataNetworkName.Of(received.DataNetwork) : 0,
            Slice = withDetails ? SliceOf(in received) : default,
            ServiceUnits = received.ServiceUnits,
            ServiceIdentifier = received.ServiceIdentifier,
            RatType = received.RatType,
            LateRules = late is null ? 0 : late.RulesFor(received.Kind, network, received.Source),
            EndTimeMilliseconds = received.EndTimeMilliseconds,
            ValueNanos = -1,
            UsageId = ToNumber(received.UsageId),
            FormerUsageId = received.HasHistory ? ToNumber(received.History.FormerUsageId) : default,
            Fingerprint = UsageFingerprint.Of(in received, network),
            Subscriber = ToNumber(received.SubscriberRef),
            EventTimeMilliseconds = received.EventTimeMilliseconds,
            ReceivedTimeMilliseconds = receivedTimeMilliseconds,
            DurationSeconds = received.DurationSeconds,
            TotalOctets = received.TotalOctets,
            Messages = received.Messages,
            RatingGroup = received.RatingGroup,
            ServingPlmn = network,
            Kind = received.Kind,
            Direction = received.Direction,
            IsSecondaryView = received.ChargingView == ChargingView.Secondary,
            IsRecycled = received.HasHistory && !received.History.SuspendedFor.IsEmpty,
            IsTimeOfReport = received.IsTimeOfReport,
        };
    }

    /// <summary>The rated event for a received one whose outcome is rated or zero-rated.</summary>
    /// <param name="received">The received event; fields that do not change are copied as octets.</param>
    /// <param name="fingerprint">Fingerprint of its content.</param>
    /// <param name="result">Its result.</param>
    /// <param name="session">Session that rated it.</param>
    /// <param name="tariffs">Tariffs it was rated with.</param>
    /// <param name="partition">Partition of usage.received.v1 it was read from.</param>
    /// <param name="offset">Its offset there.</param>
    /// <param name="view">The rated event. It is filled in its place, because copying its 600 octets costs as much as half of decoding the
    /// event.</param>
    public static void ToRated(
        in UsageReceivedView received,
        uint fingerprint,
        in RatingResult result,
        RatingSession session,
        TariffSnapshot tariffs,
        int partition,
        long offset,
        out UsageRatedView view)
    {
        if (received.OriginOctets.IsEmpty)
        {
            throw new ArgumentException("The event was not read from its octets.", nameof(received));
        }

        TariffVersion version = tariffs.Version(result.VersionIndex);
        view = default;
        view.UsageId = received.UsageId;
        view.SubscriberRef = received.SubscriberRef;
        view.Account = session.Account(in result);
        view.Offering = version.OfferingUtf8;
        view.OfferingVersion = version.Version;
        view.Outcome = result.Outcome == RatingOutcome.Rated ? RatedOutcome.Rated : RatedOutcome.ZeroRated;
        view.ZeroRatedReason = result.ZeroRatedReason;
        view.Kind = received.Kind;
        view.EventTimeMilliseconds = received.EventTimeMilliseconds;
        view.QuantityOctets = received.QuantityOctets;
        view.ServingPlmn = received.ServingPlmn;
        view.Zone = version.ZoneUtf8(result.ZoneIndex);
        view.PriceIndex = result.PriceIndex;
        view.ChargedUnits = result.ChargedUnits;
        view.BundleUnits = result.BundleUnits;
        view.AmountNanos = result.AmountNanos;
        view.Currency = version.CurrencyUtf8;
        view.RoundingPolicy = result.PartCount > 0 ? RoundingPolicy.OfParts : RoundingPolicy.Version;
        view.PeriodStartDays = result.PeriodStartDays;
        view.BundleOctetsUsed = result.Balance.BundleOctetsUsed;
        view.BundleSecondsUsed = result.Balance.BundleSecondsUsed;
        view.BundleMessagesUsed = result.Balance.BundleMessagesUsed;
        view.PeriodSpendNanos = result.Balance.SpendNanos;
        view.RoamingDataSpendNanos = result.Balance.RoamingDataSpendNanos;
        view.OriginOctets = received.OriginOctets;
        view.ReceivedPartition = partition;
        view.ReceivedOffset = offset;
        view.Notified = (int)result.Balance.Notified;
        view.ContentFingerprint = fingerprint;
        view.PriceBasis = version.Basis;
        view.VatPermille = version.VatPermille;
        view.LatePolicy = session.LatePolicyUtf8(in result);
        if ((result.PartCount | result.MeterCount) != 0)
        {
            session.WriteArrays(in result, tariffs, ref view);
        }
    }

    /// <summary>
    /// A session is known by the charging id that its gateway or SMF gave it and by the node that wrote its records (TS 32.251 clause
    /// 5.1.2). Its rating groups and services are counted apart, because each has a price of its own. Zero for usage without charging id.
    /// </summary>
    private static UInt128 SessionOf(in UsageReceivedView received)
    {
        if (received.ChargingId < 0)
        {
            return default;
        }

        ulong service = (((ulong)received.RatingGroup << 32) | (uint)received.ServiceIdentifier) + ((ulong)received.Kind << 60);
        return new UInt128(
            ((ulong)received.ChargingId << 32) | BitOperations.Crc32C(0, DataNetworkName.Of(received.Node)),
            BitOperations.RotateLeft(service * 0x9E37_79B9_7F4A_7C15, 31) * 0x9E37_79B9_7F4A_7C15);
    }

    private static CalledNumber CalledNumberOf(in UsageReceivedView received) =>
        received.Direction != Direction.Originating ? default
        : received.ShortNumber.IsEmpty ? CalledNumber.OfBeginning(received.OtherPartyPrefix)
        : CalledNumber.Of(received.ShortNumber);

    /// <summary>
    /// Who was called. A number that a subscriber may have is known by its beginning: without its reference, the usage is from before there
    /// was one, or of an adapter that may not say it; without a direction, nobody knows whether it was called.
    /// </summary>
    private static UInt128 CalledOf(in UsageReceivedView received) =>
        received.Direction == Direction.Terminating || received.OtherPartyPrefix.IsEmpty ? default
        : received.Direction == Direction.Originating && received.CalledRef.Length == SubscriberRef.Size
            ? BinaryPrimitives.ReadUInt128BigEndian(received.CalledRef)
            : UsageRecord.UnknownCalled;

    private static Slice SliceOf(in UsageReceivedView received) =>
        received.SliceServiceType is < 0 or > byte.MaxValue ? default
        : received.SliceDifferentiator < 0 ? new Slice((byte)received.SliceServiceType)
        : new Slice((byte)received.SliceServiceType, (uint)received.SliceDifferentiator);

    /// <summary>A meter as the topics hold it.</summary>
    internal static UsageMeterView ToMeter(scoped in MeterEntry entry) => new()
    {
        Owner = ToSubscriberRef(entry.Owner),
        Id = (long)entry.Id,
        From = entry.From,
        Units = entry.Units,
        Nanos = entry.Nanos,
        UntilDays = entry.UntilDay,
    };

    /// <summary>A meter of the topics.</summary>
    internal static MeterEntry ToEntry(in UsageMeterView meter) =>
        new(ToNumber(meter.Owner), (ulong)meter.Id, meter.From, meter.Units, meter.Nanos, meter.UntilDays);

    /// <summary>An id as a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 ToNumber(UsageId id) => new(id.High, id.Low);

    /// <summary>A reference as a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt128 ToNumber(SubscriberRef id) => new(id.High, id.Low);

    /// <summary>A number as a reference.</summary>
    public static SubscriberRef ToSubscriberRef(UInt128 number) => SubscriberRef.FromHalves((ulong)(number >> 64), (ulong)number);
}
