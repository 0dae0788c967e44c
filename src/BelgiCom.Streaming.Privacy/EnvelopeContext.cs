using System.Buffers.Binary;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// The place that an envelope belongs to. It is authenticated with the envelope, so that nobody can move an envelope to another topic,
/// record type or field. Make one per field and keep it.
/// </summary>
public sealed class EnvelopeContext
{
    private readonly byte[] _octets;

    /// <summary>Names the place.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="record">Record type of the schema.</param>
    /// <param name="field">Field of the schema.</param>
    public EnvelopeContext(string topic, string record, string field)
    {
        _octets = [.. Part(topic), .. Part(record), .. Part(field)];
    }

    /// <summary>personalData of usage.received.v1.</summary>
    public static EnvelopeContext UsagePersonalData { get; } = new(Topics.UsageReceived, nameof(UsageReceived), "personalData");

    /// <summary>original of quarantine.v1.</summary>
    public static EnvelopeContext QuarantinedOriginal { get; } = new(Topics.Quarantine, nameof(QuarantinedRecord), "original");

    internal int SizeWith(DataKey key) => _octets.Length + Encoding.UTF8.GetMaxByteCount(key.Id.Length);

    /// <summary>
    /// Writes the additional authenticated data: each part after its length, then the key id. Returns the number of octets.
    /// </summary>
    internal int Write(DataKey key, Span<byte> destination)
    {
        _octets.CopyTo(destination);
        return _octets.Length + Encoding.UTF8.GetBytes(key.Id, destination[_octets.Length..]);
    }

    private static byte[] Part(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] part = new byte[sizeof(ushort) + utf8.Length];
        BinaryPrimitives.WriteUInt16BigEndian(part, checked((ushort)utf8.Length));
        utf8.CopyTo(part, sizeof(ushort));
        return part;
    }
}
