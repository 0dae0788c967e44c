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
    /// <param name="index">Place of the part in the record, from 0.</param>
    /// <param name="origin">What a key may need beside the fields of the record.</param>
    public UsageId IdOf(UsageCdr cdr, in UsagePart part, int index, in RecordOrigin origin)
    {
        UsageIdBuilder key = new(stackalloc byte[KeyScratchOctets]);
        key.Append(KeyForm);
        AppendRecord(ref key, cdr, origin);
        AppendPart(ref key, part, index);
        return key.Finish();
    }

    /// <summary>
    /// Appends what tells a record from all others of its kind. Personal data must not go in, neither as it is nor as a plain hash; append
    /// a pseudonym instead.
    /// </summary>
    protected abstract void AppendRecord(ref UsageIdBuilder key, UsageCdr cdr, in RecordOrigin origin);

    /// <summary>Appends what tells a part from the others of its record.</summary>
    protected abstract void AppendPart(ref UsageIdBuilder key, in UsagePart part, int index);

    /// <summary>
    /// Appends the session of a record as its subscriber, charging id, sequence number and a time (milliseconds). Together they name the
    /// same session as the session identifier does, which itself often holds the IMSI ("imsi-…-5-1").
    /// </summary>
    protected static void AppendSession(ref UsageIdBuilder key, UsageCdr cdr, SubscriberRef subscriber, long milliseconds)
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
internal readonly ref struct RecordOrigin(
    ReadOnlySpan<byte> source, ReadOnlySpan<byte> octets, SubscriberRef subscriber, SubscriberPseudonymizer pseudonyms)
{
    /// <summary>Configured name of the source, UTF-8.</summary>
    public ReadOnlySpan<byte> Source { get; } = source;

    /// <summary>The record as it was received.</summary>
    public ReadOnlySpan<byte> Octets { get; } = octets;

    /// <summary>Pseudonym of the served subscriber.</summary>
    public SubscriberRef Subscriber { get; } = subscriber;

    /// <summary>Makes pseudonyms of other numbers.</summary>
    public SubscriberPseudonymizer Pseudonyms { get; } = pseudonyms;
}
