using System.Buffers.Binary;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// A kind of record, whichever file it comes in. It says how records of its kind are called on the topic and what tells one of them from
/// the others. No other type asks which kind a record is.
/// </summary>
internal abstract class RecordFormat
{
    // Enough for the key of every 3GPP record, and of a CSV record whose fields are not unusually long.
    private const int KeyScratchOctets = 512;

    /// <summary>recordType of TS 32.298; -1 for a record that TS 32.298 does not define.</summary>
    public virtual int RecordType => -1;

    /// <summary>True when the location of such a record is text, false when it is octets of TS 29.274.</summary>
    public virtual bool IsLocationText => false;

    /// <summary>True when usage of this kind lasts from the start to the end that the record gives, as a call does.</summary>
    public virtual bool LastsToItsEnd => false;

    /// <summary>
    /// True when the opening time of such a record is that of the attempt to report it, so that the same record sent again has another.
    /// </summary>
    public virtual bool OpensWithReport => false;

    /// <summary>Who measured data of this kind, where another kind may report the same traffic cut otherwise.</summary>
    public virtual TrafficReport Traffic => TrafficReport.None;

    /// <summary>
    /// Whether the end of usage whose start is not known says more of its time than the opening of the record: a report is later than its
    /// usage, and a session may have been opened days before.
    /// </summary>
    public virtual bool StartsAtItsEnd(UsageKind kind) => false;

    /// <summary>
    /// Name and version of the duplicate key; the key begins with it. When a kind changes what its key is made of, it takes another name
    /// (<c>gateway.2</c> after <c>gateway</c>), so that no id of the new form equals one of the old.
    /// </summary>
    protected abstract ReadOnlySpan<byte> KeyForm { get; }

    /// <summary>
    /// Whether this kind is the charged view (primary) when <paramref name="charged"/> is the view that the source charges.
    /// </summary>
    public virtual ChargingView ViewOf(ChargedView charged) => ChargingView.Primary;

    /// <summary>The id of a part of a record. The same part of the same record always has the same id, whichever file repeats it.</summary>
    /// <param name="cdr">Record.</param>
    /// <param name="part">Part.</param>
    /// <param name="origin">What a key may need beside the fields of the record.</param>
    public UsageId IdOf(UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        UsageIdBuilder key = new(stackalloc byte[KeyScratchOctets]);
        if (!TryAppendShared(ref key, cdr, part, origin))
        {
            key.Append(KeyForm);
            AppendRecord(ref key, cdr, origin);
            AppendPart(ref key, cdr, part);
        }

        return key.Finish();
    }

    /// <summary>
    /// What is charged of the part that another format may report, too, and that could not be found there again; nothing for most.
    /// </summary>
    /// <param name="cdr">Record.</param>
    /// <param name="part">Part.</param>
    /// <param name="origin">What a key may need beside the fields of the record.</param>
    public virtual UnmatchedUsage UnmatchedOf(UsageCdr cdr, in UsagePart part, in RecordOrigin origin) => default;

    /// <summary>
    /// The id that the part had under the form of the key before this one, by which it may have been rated; zeros when the kind has no
    /// former form.
    /// </summary>
    /// <param name="cdr">Record.</param>
    /// <param name="part">Part.</param>
    /// <param name="origin">What a key may need beside the fields of the record.</param>
    public UsageId FormerIdOf(UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
        if (FormerKeyForm.IsEmpty)
        {
            return default;
        }

        UsageIdBuilder key = new(stackalloc byte[KeyScratchOctets]);
        key.Append(FormerKeyForm);
        AppendFormer(ref key, cdr, part, origin);
        return key.Finish();
    }

    /// <summary>Whether two parts of one record, neither of which has a number of its own, say the same in all that a key holds.</summary>
    internal static bool IsSameUsage(in UsagePart left, in UsagePart right)
    {
        Span<byte> a = stackalloc byte[UsageOctets], b = stackalloc byte[UsageOctets];
        return left.UplinkOctets == right.UplinkOctets && left.DownlinkOctets == right.DownlinkOctets
            && left.RatingGroup == right.RatingGroup && left.End.UtcMilliseconds == right.End.UtcMilliseconds
            && Usage(left, 0, a).SequenceEqual(Usage(right, 0, b));
    }

    /// <summary>
    /// Appends what was used in a part: who counted it (rating group, service, number), when, and how much. Never its place in the record,
    /// because lists are reordered and carried on in cumulative partial records.
    /// </summary>
    protected static void AppendUsage(ref UsageIdBuilder key, in UsagePart part)
    {
        Span<byte> usage = stackalloc byte[UsageOctets];
        key.Append(Usage(part, part.Ordinal, usage));
    }

    private const int UsageOctets = 13 * sizeof(long);

    private static ReadOnlySpan<byte> Usage(in UsagePart part, int ordinal, Span<byte> octets)
    {
        bool isOwnStart = part.Start.IsSet && !part.IsStartDerived;
        ReadOnlySpan<long> numbers =
        [
            part.RatingGroup, part.ServiceIdentifier, part.LocalSequenceNumber,
            isOwnStart ? part.Start.UtcMilliseconds : -1, part.End.IsSet ? part.End.UtcMilliseconds : -1,
            part.Closed.IsSet ? part.Closed.UtcMilliseconds : -1,
            part.IsStartDerived ? -1 : part.DurationSeconds, part.UplinkOctets, part.DownlinkOctets, part.TotalOctets, part.Messages,
            part.ServiceUnits, ordinal,
        ];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(octets[(i * sizeof(long))..], numbers[i]);
        }

        return octets;
    }

    /// <summary>
    /// Appends whose usage it is, behind the secret: the IMSI, which every retry repeats, while it may leave out the MSISDN; the MSISDN
    /// where there is no IMSI. A pseudonym of the IMSI would be a second keyed hash for every record.
    /// </summary>
    protected static void AppendServed(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin)
    {
        key.Append(origin.Secret);
        key.Append(cdr.Imsi.Span);
        key.Append(cdr.Imsi.IsEmpty ? cdr.Msisdn.Span : default);
    }

    /// <summary>
    /// Appends the key that the part has in every format that reports it, its form first. False, with nothing appended, when the part does
    /// not say enough of itself: then the key is that of its own format.
    /// </summary>
    protected virtual bool TryAppendShared(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin) => false;

    /// <summary>Name of the form of the key before this one; empty when there is none.</summary>
    protected virtual ReadOnlySpan<byte> FormerKeyForm => default;

    /// <summary>Appends the former key.</summary>
    protected virtual void AppendFormer(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part, in RecordOrigin origin)
    {
    }

    /// <summary>
    /// Appends what tells a record from all others of its kind. Personal data goes in only behind <see cref="RecordOrigin.Secret"/>, which
    /// makes the hash a keyed one, or as a pseudonym.
    /// </summary>
    protected abstract void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin);

    /// <summary>Appends what tells a part from the others of its record, and the record's numbers where the part needs them.</summary>
    protected abstract void AppendPart(ref UsageIdBuilder key, UsageCdr cdr, in UsagePart part);

    /// <summary>
    /// Appends the session as keys of the first form had it: subscriber, charging id, sequence number and a time (milliseconds).
    /// </summary>
    protected static void AppendFormerSession(ref UsageIdBuilder key, UsageCdr cdr, SubscriberRef subscriber, long milliseconds)
    {
        Span<byte> session = stackalloc byte[SubscriberRef.Size + (3 * sizeof(long))];
        subscriber.CopyTo(session);
        BinaryPrimitives.WriteInt64BigEndian(session[SubscriberRef.Size..], cdr.ChargingId);
        BinaryPrimitives.WriteInt64BigEndian(session[(SubscriberRef.Size + 8)..], cdr.RecordSequenceNumber);
        BinaryPrimitives.WriteInt64BigEndian(session[(SubscriberRef.Size + 16)..], milliseconds);
        key.Append(session);
    }
}

/// <summary>What the key of a record may need beside the fields of the record.</summary>
/// <param name="source">Configured name of the source, UTF-8.</param>
/// <param name="octets">The record as it was received.</param>
/// <param name="subscriber">Pseudonym of the served subscriber.</param>
/// <param name="pseudonyms">Makes pseudonyms of other numbers.</param>
/// <param name="secret">Keyed hash that nobody knows without the key of pseudonyms.</param>
/// <param name="charged">Which view of a session the source charges.</param>
internal readonly ref struct RecordOrigin(
    ReadOnlySpan<byte> source, ReadOnlySpan<byte> octets, SubscriberRef subscriber, SubscriberPseudonymizer pseudonyms,
    SubscriberRef secret, ChargedView charged)
{
    /// <summary>Which view of a session the source charges.</summary>
    public ChargedView Charged { get; } = charged;

    /// <summary>
    /// Keyed hash that nobody knows without the key of pseudonyms. The 128 bits of an id do not tell what stands behind it in a key.
    /// </summary>
    public SubscriberRef Secret { get; } = secret;

    /// <summary>Configured name of the source, UTF-8.</summary>
    public ReadOnlySpan<byte> Source { get; } = source;

    /// <summary>The record as it was received.</summary>
    public ReadOnlySpan<byte> Octets { get; } = octets;

    /// <summary>Pseudonym of the served subscriber.</summary>
    public SubscriberRef Subscriber { get; } = subscriber;

    /// <summary>Makes pseudonyms of other numbers.</summary>
    public SubscriberPseudonymizer Pseudonyms { get; } = pseudonyms;
}
