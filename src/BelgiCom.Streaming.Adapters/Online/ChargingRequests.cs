using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>A charging data request that came over the network, as events and pseudonyms. Holds nothing personal in clear.</summary>
public sealed record ChargingRequest
{
    /// <summary>Pseudonym of the served subscriber.</summary>
    public required SubscriberRef Subscriber { get; init; }

    /// <summary>Number of the session, of its consumer's names for it.</summary>
    public required ulong Session { get; init; }

    /// <summary>invocationSequenceNumber.</summary>
    public required long Sequence { get; init; }

    /// <summary>
    /// Whether it says anything of the session, so that how usage is priced follows from it. An update may leave out what did not change.
    /// </summary>
    public required bool NamesSession { get; init; }

    /// <summary>Whether it is an event, which has no session and no other request.</summary>
    public bool IsOneTimeEvent { get; init; }

    /// <summary>
    /// Whether it asks that an event be debited before it happens: <see cref="Used"/> then has what each of <see cref="Asked"/> asks for.
    /// </summary>
    public bool IsImmediate { get; init; }

    /// <summary>Values of usage.received.v1 for the used units: the same events as from a file with this request.</summary>
    public required IReadOnlyList<byte[]> Used { get; init; }

    /// <summary>Quota that it asks for, each with a value of usage.received.v1 that says what usage of the rating group is, of quantity
    /// none.</summary>
    public required IReadOnlyList<(QuotaAsk Ask, byte[] Usage)> Asked { get; init; }
}

/// <summary>
/// Reads charging data requests (TS 32.291) that come over the network, one at a time, as <see cref="UsageMediation"/> reads those of a
/// file: the used units of a request have the same identity both ways, so that they are charged once. For one thread.
/// </summary>
public sealed class ChargingRequests : IDisposable
{
    // Names a template of usage; its quantities are asked for and never counted.
    private static readonly UsageId Asking = UsageId.FromHalves(1, 1);

    private readonly Reader _reader = new();
    private readonly UsageNormaliser _normaliser;
    private readonly UsageBounds _bounds;
    private readonly RecordChunk _chunk;
    private readonly string _source;
    private readonly ChargedView _charged;
    private readonly RecordDigest _files;
    private readonly byte[] _header;

    /// <summary>Takes the keys once.</summary>
    /// <param name="source">Name of the source that events carry.</param>
    /// <param name="charged">Which view of a session is charged.</param>
    /// <param name="keys">Keys of pseudonyms and of personal data.</param>
    /// <param name="clock">Says which day's key encrypts.</param>
    /// <param name="header">Wire-format header of values of usage.received.v1.</param>
    /// <param name="saysWhoWasCalled">Whether usage carries the pseudonym of the number that was called.</param>
    public ChargingRequests(
        string source, ChargedView charged, IKeyStore keys, TimeProvider clock, byte[] header, bool saysWhoWasCalled = false)
    {
        (_source, _charged, _header) = (source, charged, header);
        _normaliser = new UsageNormaliser(keys, clock, new ShortNumbers(), saysWhoWasCalled: saysWhoWasCalled);
        _bounds = new UsageBounds();
        _files = new RecordDigest(keys.GetOrCreate(KeyPurposes.FileContent, scope: ""));
        _chunk = new RecordChunk(
            int.MaxValue, int.MaxValue, [(Topics.UsageReceived, header), (Topics.Quarantine, [])], initialOctets: 4096);
    }

    /// <summary>Reads a request.</summary>
    /// <param name="body">Body of the HTTP request, one JSON object.</param>
    /// <param name="fault">What is wrong with it, without its content; empty when nothing is.</param>
    /// <returns>The request; null when it cannot be read.</returns>
    public ChargingRequest? Read(ReadOnlyMemory<byte> body, out string fault)
    {
        _chunk.Clear();
        _normaliser.BeginChunk();
        _reader.Begin(body);
        _reader.Read();
        UsageCdr cdr = _reader.Cdr;
        if ((_reader.Fault ?? _bounds.FaultOf(cdr)) is { } unreadable)
        {
            fault = unreadable.Detail;
            return null;
        }

        FileId file = FileId.FromBytes(_files.Full(body.Span).AsSpan(0, FileId.Size));
        UsageFile origin = new(_source, _charged, file, "nchf", formerUntilMilliseconds: 0);
        if (_normaliser.FaultOf(_reader, out SubscriberRef subscriber) is { } contradicting)
        {
            fault = contradicting.Detail;
            return null;
        }

        fault = "";
        _normaliser.Add(_reader, origin, _chunk);
        return new ChargingRequest
        {
            Subscriber = subscriber,
            Session = ChargingDataRequest.SessionOf(cdr, _normaliser.OriginOf(subscriber)),
            Sequence = cdr.RecordSequenceNumber,
            NamesSession = cdr.ChargingId >= 0 || cdr.PduSessionId >= 0 || !cdr.DataNetwork.IsEmpty,
            IsOneTimeEvent = cdr.IsOneTimeEvent,
            IsImmediate = cdr.IsImmediateEvent,
            Used = [.. Enumerable.Range(0, _chunk.Count).Select(index => _chunk.ValueAt(index).ToArray())],
            Asked = [.. cdr.Asked.Select(ask => (ask, Template(cdr, ask.RatingGroup, subscriber, origin)))],
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private byte[] Template(UsageCdr cdr, long ratingGroup, SubscriberRef subscriber, UsageFile file)
    {
        UsagePart part = UsagePart.Empty;
        part.RatingGroup = ratingGroup;
        UsageReceivedView usage = _normaliser.Template(cdr, part, subscriber, file);
        usage.UsageId = Asking;
        byte[] value = new byte[_header.Length + usage.MaxSize];
        _header.CopyTo(value, 0);
        return value[..(_header.Length + usage.Write(value.AsSpan(_header.Length)))];
    }

    /// <summary>One request that is there as a whole.</summary>
    private sealed class Reader : UsageFileReader
    {
        private ReadOnlyMemory<byte> _body;

        public override ReadOnlySpan<byte> Octets => _body.Span;

        public void Begin(ReadOnlyMemory<byte> body) => _body = body;

        protected override bool ReadNext() => Found(Decode(), 0, _body.Length);

        protected override void Dispose(bool disposing)
        {
        }

        private DecodingFault? Decode()
        {
            try
            {
                return _body.Length > RecordLimits.MaxOctets
                    ? new(QuarantineReason.BadLength, $"More than {RecordLimits.MaxOctets} octets.")
                    : ChargingDataRequest.Instance.DecodeWhole(_body.Span, Cdr);
            }
            catch (Exception invalid) when (invalid is JsonException or InvalidOperationException)
            {
                // The exception's message may repeat content of the request.
                return new(QuarantineReason.BadEncoding, "Not one JSON object in UTF-8.");
            }
        }
    }
}
