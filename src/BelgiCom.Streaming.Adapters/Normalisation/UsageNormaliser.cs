using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Turns decoded records into the values of usage.received.v1, and faults into those of quarantine.v1. Usage ids come from what the source
/// wrote, subscribers become pseudonyms, personal data is encrypted. For one thread.
/// </summary>
internal sealed class UsageNormaliser
{
    private const int MaxSubscriberDigits = 15;
    private const int OtherPartyPrefixDigits = 8;

    // The end of a number that is never in clear: ten thousand numbers have the same beginning.
    private const int OtherPartyHiddenDigits = 4;

    // Country code and a subscriber's number. Helplines are shorter, also behind a country code: 112, 1813, 32 116000.
    private const int NumberDigitsMin = 9;
    private const int MaxPlmnDigits = 6;

    private readonly IKeyStore _keys;
    private readonly TimeProvider _clock;
    private readonly ShortNumbers _shortNumbers;
    private readonly TrafficMinutes? _minutes;
    private readonly bool _saysWhoWasCalled;
    private readonly byte[] _called = new byte[SubscriberRef.Size];
    private readonly SubscriberPseudonymizer _pseudonymizer;

    // Makes the hash of a key with personal data in it a keyed one.
    private readonly SubscriberRef _secret;
    private readonly PersonalDataEnvelope _envelope = new();
    private readonly byte[] _plmn = new byte[MaxPlmnDigits];
    private DataKey? _dayKey;
    private byte[] _dayKeyId = [];
    private RecordDigest? _dayDigest;

    /// <summary>Takes the key of pseudonyms once.</summary>
    /// <param name="keys">Keys of pseudonyms and of personal data.</param>
    /// <param name="clock">Says which day's key encrypts.</param>
    /// <param name="shortNumbers">Which short numbers usage carries.</param>
    /// <param name="minutes">Finds traffic that is charged from two formats; null where one format comes.</param>
    /// <param name="saysWhoWasCalled">Whether usage carries the pseudonym of the number that was called.</param>
    public UsageNormaliser(
        IKeyStore keys, TimeProvider clock, ShortNumbers shortNumbers, TrafficMinutes? minutes = null, bool saysWhoWasCalled = false)
    {
        _saysWhoWasCalled = saysWhoWasCalled;
        _keys = keys;
        _clock = clock;
        _shortNumbers = shortNumbers;
        _minutes = minutes;
        _pseudonymizer = new SubscriberPseudonymizer(keys);
        _secret = _pseudonymizer.FromOctets("usage-id"u8);
    }

    /// <summary>
    /// Takes the key of the day. This is done once per chunk: a deleted key is noticed soon, and the key store is not asked for every
    /// record.
    /// </summary>
    public void BeginChunk()
    {
        DateOnly day = DateOnly.FromDateTime(_clock.GetUtcNow().UtcDateTime);
        DataKey key = _keys.GetOrCreate(KeyPurposes.PersonalData, KeyPurposes.Day(day));
        if (!ReferenceEquals(key, _dayKey))
        {
            _dayKey = key;
            _dayKeyId = Encoding.UTF8.GetBytes(key.Id);
            _dayDigest = new RecordDigest(key);
        }
    }

    /// <summary>
    /// Adds what <paramref name="reader"/> has read: the usage events of a record, or the quarantine entry of a fault or of a record that
    /// names no subscriber.
    /// </summary>
    public void Add(UsageFileReader reader, UsageFile file, RecordChunk chunk)
    {
        if (reader.Fault is { IsFileLevel: true } ofFile)
        {
            AddQuarantined(ofFile, reader, file, chunk);
            return;
        }

        chunk.Cdrs++;
        AddNumber(reader.Cdr, file, chunk);
        if (reader.Fault is { } ofRecord)
        {
            AddQuarantined(ofRecord, reader, file, chunk);
            return;
        }

        UsageCdr cdr = reader.Cdr;
        chunk.SkippedFields += cdr.SkippedFields;
        chunk.UnreadableFields += cdr.UnreadableFields;
        if ((FindSubscriber(cdr, out SubscriberRef subscriber) ?? FindContradiction(cdr)) is { } fault)
        {
            AddQuarantined(fault with { FileOffset = reader.RecordOffset, Length = reader.Octets.Length }, reader, file, chunk);
            return;
        }

        chunk.AmbiguousTimes += cdr.HasAmbiguousTime ? 1 : 0;
        RecordOrigin origin = new(
            file.SourceUtf8, reader.Octets, subscriber, _pseudonymizer, _secret, file.Charged);
        cdr.NumberEqualParts();
        long inputHash = _dayDigest!.Short(reader.Octets);
        ReadOnlySpan<byte> personalData = default;
        ControlTotals totals = new(1, 0, 0, 0, 0);
        for (int i = 0; i < cdr.PartCount; i++)
        {
            ref UsagePart part = ref cdr.PartAt(i);
            // Parts without a location of their own have the same personal data, so they share one envelope.
            if (i == 0 || part.LocationLength > 0 || cdr.PartAt(i - 1).LocationLength > 0)
            {
                personalData = _envelope.Seal(cdr, part, _dayKey!);
            }

            UsageReceivedView usage = View(cdr, part, i, subscriber, file);
            usage.ServingPlmn = cdr.ServingPlmnOf(part, _plmn);
            usage.ShortNumber = usage.OtherPartyPrefix.IsEmpty ? _shortNumbers.Carried(cdr.OtherParty.Span, cdr.CountryCode) : default;
            usage.CalledRef = CalledRefOf(cdr);
            usage.UsageId = cdr.Format.IdOf(cdr, part, origin);
            chunk.Unmatched |= cdr.Format.UnmatchedOf(cdr, part, origin);
            if (usage is { Kind: UsageKind.Data, ChargingView: ChargingView.Primary }
                && _minutes?.Note(cdr, part, usage.EventTimeMilliseconds, usage.EndTimeMilliseconds) == true)
            {
                chunk.Unmatched |= new UnmatchedUsage(0, 0, IsOfGateway: true);
            }

            usage.HasHistory = usage.EventTimeMilliseconds < file.FormerUntilMilliseconds;
            if (usage.HasHistory)
            {
                usage.History = new UsageHistoryView { FormerUsageId = cdr.Format.FormerIdOf(cdr, part, origin) };
            }

            usage.FileSequenceNumber = reader.Header?.SequenceNumber ?? -1;
            usage.RecordIndex = reader.RecordIndex;
            usage.InputHash = inputHash;
            usage.PersonalData = personalData;
            usage.PersonalDataKeyId = personalData.IsEmpty ? default : _dayKeyId;
            Write(usage, chunk);
            (long uplink, long downlink) = (Math.Max(0, usage.UplinkOctets), Math.Max(0, usage.DownlinkOctets));
            totals += new ControlTotals(0, 1, uplink, downlink, Math.Max(0, usage.DurationSeconds))
            {
                UndirectedOctets = Math.Max(0, usage.TotalOctets - uplink - downlink),
            };
        }

        chunk.Totals += totals;
    }

    /// <summary>Notes that the record has come, whether or not usage can be made of it: what is in quarantine is not missing.</summary>
    private static void AddNumber(UsageCdr cdr, UsageFile file, RecordChunk chunk)
    {
        if (file.FollowsRecordNumbers && cdr.LocalSequenceNumber >= 0)
        {
            chunk.Numbers.Add(cdr.Node.Span, cdr.LocalSequenceNumber, cdr.ClosedAtMilliseconds());
        }
    }

    /// <summary>Why a record that was read cannot be used, if that is so; else whose it is.</summary>
    public DecodingFault? FaultOf(UsageFileReader reader, out SubscriberRef subscriber) =>
        FindSubscriber(reader.Cdr, out subscriber) ?? FindContradiction(reader.Cdr);

    /// <summary>What usage of a part would be, without id and personal data; valid until the next record is read.</summary>
    public UsageReceivedView Template(UsageCdr cdr, in UsagePart part, SubscriberRef subscriber, UsageFile file)
    {
        UsageReceivedView usage = View(cdr, part, 0, subscriber, file);
        usage.ServingPlmn = cdr.ServingPlmnOf(part, _plmn);
        usage.CalledRef = CalledRefOf(cdr);
        return usage;
    }

    /// <summary>What keys need beside a record that came in no file.</summary>
    public RecordOrigin OriginOf(SubscriberRef subscriber) => new(default, default, subscriber, _pseudonymizer, _secret, default);

    private void AddQuarantined(DecodingFault fault, UsageFileReader reader, UsageFile file, RecordChunk chunk)
    {
        ReadOnlySpan<byte> octets = reader.Octets[..Math.Min(reader.Octets.Length, RecordLimits.MaxQuarantinedOctets)];
        QuarantinedRecord record = new()
        {
            Source = file.Source,
            FileId = file.Id,
            FileName = file.Name,
            RecordIndex = fault.IsFileLevel ? -1 : reader.RecordIndex,
            FileOffset = fault.FileOffset,
            Length = fault.Length,
            Reason = fault.Reason,
            Detail = fault.Detail,
            KeyId = octets.IsEmpty ? "" : _dayKey!.Id,
            Original = octets.IsEmpty ? [] : EnvelopeCipher.Encrypt(_dayKey!, octets, EnvelopeContext.QuarantinedOriginal),
            OriginalHash = octets.IsEmpty ? [] : _dayDigest!.Full(octets),
        };
        System.Buffers.ArrayBufferWriter<byte> body = new();
        record.Write(body);
        body.WrittenSpan.CopyTo(chunk.Begin(Topics.Quarantine, file.SourceUtf8, body.WrittenCount));
        chunk.Commit(body.WrittenCount);
    }

    private static void Write(in UsageReceivedView usage, RecordChunk chunk)
    {
        Span<byte> key = stackalloc byte[SubscriberRef.Size];
        usage.SubscriberRef.CopyTo(key);
        chunk.Commit(usage.Write(chunk.Begin(Topics.UsageReceived, key, usage.MaxSize)));
    }

    private static UsageReceivedView View(UsageCdr cdr, in UsagePart part, int index, SubscriberRef subscriber, UsageFile file)
    {
        CdrTime start = cdr.StartOf(part), last = part.LastOrClosed;
        // A node whose clock was set back writes an end before the start. The start is kept, because tariffs go by it.
        CdrTime end = last.IsSet && last.UtcMilliseconds >= start.UtcMilliseconds ? last : start;
        _ = MeasuredQuantities.TryTake(cdr, part, out MeasuredQuantities measured);
        return new UsageReceivedView
        {
            SubscriberRef = subscriber,
            Kind = cdr.Kind,
            EventTimeMilliseconds = start.UtcMilliseconds,
            EndTimeMilliseconds = end.UtcMilliseconds,
            UtcOffsetMinutes = start.OffsetMinutes,
            DurationSeconds = measured.DurationSeconds,
            UplinkOctets = measured.UplinkOctets,
            DownlinkOctets = measured.DownlinkOctets,
            TotalOctets = measured.TotalOctets,
            Messages = measured.Messages,
            RatingGroup = part.RatingGroup,
            ServiceIdentifier = part.ServiceIdentifier,
            RatType = (int)(part.RatType > 0 ? part.RatType : cdr.RatType),
            DataNetwork = cdr.DataNetwork.Span,
            Direction = cdr.Direction,
            OtherPartyPrefix = PrefixOf(cdr.OtherParty.Span),
            ChargingView = cdr.Format.ViewOf(file.Charged),
            ChargingId = cdr.ChargingId,
            RecordSequenceNumber = cdr.RecordSequenceNumber,
            LocalSequenceNumber = part.LocalSequenceNumber >= 0 && cdr.LocalSequenceNumber < 0
                ? part.LocalSequenceNumber
                : cdr.LocalSequenceNumber,
            CauseForRecordClosing = (int)cdr.CauseForRecordClosing,
            Source = file.SourceUtf8,
            Node = cdr.Node.Span,
            RecordType = cdr.Format.RecordType,
            FileId = file.Id,
            FileName = file.NameUtf8,
            ContainerIndex = index,
            ServiceUnits = part.ServiceUnits,
            IsTimeOfReport = cdr.IsTimeOfReport(part),
            SliceServiceType = (int)cdr.SliceServiceType,
            SliceDifferentiator = (int)cdr.SliceDifferentiator,
        };
    }

    /// <summary>
    /// The first digits of a number in international form. Of a name or a short number nothing: it tells no destination, and who calls a
    /// helpline would be told by its first digits.
    /// </summary>
    private static ReadOnlySpan<byte> PrefixOf(ReadOnlySpan<byte> otherParty) => IsInternational(otherParty)
        ? otherParty[..Math.Min(OtherPartyPrefixDigits, otherParty.Length - OtherPartyHiddenDigits)]
        : default;

    /// <summary>Whether the text is a number in international form (E.164) that a subscriber may have.</summary>
    private static bool IsInternational(ReadOnlySpan<byte> otherParty) =>
        otherParty.Length >= NumberDigitsMin && otherParty[0] != '0' && !otherParty.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    /// <summary>
    /// Pseudonym of the number that was called or written to, the same that the usage of its subscriber has; empty where no price asks for
    /// it, and of what is no number that a subscriber may have. Whoever called is never told.
    /// </summary>
    private ReadOnlySpan<byte> CalledRefOf(UsageCdr cdr)
    {
        ReadOnlySpan<byte> number = cdr.OtherParty.Span;
        if (!_saysWhoWasCalled || cdr.Direction != Direction.Originating || number.Length > MaxSubscriberDigits || !IsInternational(number))
        {
            return default;
        }

        Span<char> digits = stackalloc char[MaxSubscriberDigits];
        _pseudonymizer.FromMsisdn(digits[..Encoding.ASCII.GetChars(number, digits)]).CopyTo(_called);
        return _called;
    }

    /// <summary>The fault of a record whose quantities contradict each other.</summary>
    private static DecodingFault? FindContradiction(UsageCdr cdr)
    {
        for (int i = 0; i < cdr.PartCount; i++)
        {
            if (!MeasuredQuantities.TryTake(cdr, cdr.PartAt(i), out _))
            {
                return new(QuarantineReason.BadValue, $"The volumes of part {i} contradict: the total is not uplink + downlink.");
            }
        }

        return null;
    }

    private DecodingFault? FindSubscriber(UsageCdr cdr, out SubscriberRef subscriber)
    {
        Span<char> digits = stackalloc char[MaxSubscriberDigits];
        subscriber = default;
        ReadOnlySpan<byte> number = cdr.Msisdn.IsEmpty ? cdr.Imsi.Span : cdr.Msisdn.Span;
        if (number.IsEmpty)
        {
            return new(QuarantineReason.NoSubscriber, "The record has neither an MSISDN nor an IMSI.");
        }

        if (number.Length > MaxSubscriberDigits)
        {
            return new(
                QuarantineReason.BadValue, $"The number of the subscriber has more than {MaxSubscriberDigits} digits (E.164, E.212).");
        }

        digits = digits[..Encoding.ASCII.GetChars(number, digits)];
        subscriber = cdr.Msisdn.IsEmpty ? _pseudonymizer.FromImsi(digits) : _pseudonymizer.FromMsisdn(digits);
        return null;
    }
}
