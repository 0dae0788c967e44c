using System.Globalization;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>One disagreement on a field that money depends on.</summary>
/// <param name="Field">Name of the field, "parts", "quarantine", "subscriber", "id", as the comparison calls it.</param>
/// <param name="Record">The record as the other opinion reads it; null where there is none.</param>
/// <param name="Part">The part, where one is concerned.</param>
/// <param name="Expected">What the other opinion says.</param>
/// <param name="Actual">What mediation says.</param>
/// <param name="Twin">Of ids: the part that was seen before with this id, or with this identity.</param>
internal sealed record Difference(
    string Field, OtherRecord? Record, OtherPart? Part, string Expected, string Actual, OtherPart? Twin = null)
{
    public byte[] File { get; init; } = [];

    /// <summary>What mediation quarantined of the file; it shows where one record's fault takes others with it.</summary>
    public string Quarantined { get; init; } = "";

    public override string ToString() =>
        $"{Field} of record {Record?.Index}, a {Record?.Form} {Record?.RecordType}: expected {Expected}, mediation says {Actual}"
        + (Part is null ? "" : $"\n  {Part.Identity}  [{Part.Unnamed}]")
        + (Twin is null ? "" : $"\n  {Twin.Identity}  [{Twin.Unnamed}]");
}

/// <summary>
/// Compares both opinions on files, one after another. It remembers the ids and subscribers of all of them: an id is that of one usage
/// only, and one usage has one id, whichever file it comes in.
/// </summary>
internal sealed class Comparison
{
    private readonly Dictionary<UsageId, OtherPart> _parts = [];
    private readonly Dictionary<(string Identity, string Unnamed), (UsageId Id, OtherPart Part)> _ids = [];
    private readonly Dictionary<string, SubscriberRef> _subscribers = [];
    private readonly Dictionary<SubscriberRef, string> _references = [];

    public int Records { get; private set; }

    public int Parts { get; private set; }

    /// <summary>How many identities of usage the other opinion has seen.</summary>
    public int Identities => _ids.Count;

    public List<Difference> Of(byte[] file)
    {
        List<OtherRecord> records = OtherReader.Read(file);
        ProductOpinion product = ProductOpinion.Of(file);
        List<Difference> differences = [];
        if (!product.IsRecognised)
        {
            return [new("format", records[0], null, "records", "no format recognises the file") { File = file }];
        }

        ILookup<int, UsageReceived> usage = product.Usage.ToLookup(each => each.RecordIndex);
        ILookup<int, QuarantinedRecord> quarantined = product.Quarantined.ToLookup(each => each.RecordIndex);
        foreach (OtherRecord record in records)
        {
            Records++;
            Parts += record.Parts.Count;
            Compare(record, [.. usage[record.Index]], [.. quarantined[record.Index]], differences);
        }

        foreach (QuarantinedRecord unknown in product.Quarantined.Where(each => each.RecordIndex < 0 || each.RecordIndex >= records.Count))
        {
            differences.Add(new("quarantine", null, null, "nothing", $"{unknown.Reason} of {unknown.RecordIndex}: {unknown.Detail}"));
        }

        foreach (UsageReceived unknown in product.Usage.Where(each => each.RecordIndex >= records.Count))
        {
            differences.Add(new("parts", null, null, $"{records.Count} records", $"a record {unknown.RecordIndex}"));
        }

        string all = string.Join(' ', product.Quarantined.Select(each => each.Reason));
        return [.. differences.Select(difference => difference with { File = file, Quarantined = all })];
    }

    private void Compare(OtherRecord record, List<UsageReceived> usage, List<QuarantinedRecord> quarantined, List<Difference> differences)
    {
        bool mayBeAbsent = quarantined.Count > 0 && record.Doubts.Count > 0;
        if (quarantined.Count > 0 && !mayBeAbsent)
        {
            differences.Add(new("quarantine", record, null, "usage", $"{quarantined[0].Reason}: {quarantined[0].Detail}"));
            return;
        }

        if (!mayBeAbsent && usage.Count != record.Parts.Count)
        {
            differences.Add(new("parts", record, null, Text(record.Parts.Count), Text(usage.Count)));
        }

        foreach (UsageReceived each in usage)
        {
            if (each.ContainerIndex < record.Parts.Count)
            {
                OtherPart part = record.Parts[each.ContainerIndex];
                ComparePart(record, part, each, (field, expected, actual) => differences.Add(new(field, record, part, expected, actual)));
                CompareIds(record, part, each, differences);
            }
        }
    }

    private static void ComparePart(OtherRecord record, OtherPart part, UsageReceived usage, Action<string, string, string> differ)
    {
        void Same(string field, object? expected, object? actual)
        {
            if (!Equals(expected, actual))
            {
                differ(field, Text(expected), Text(actual));
            }
        }

        Same("kind", record.IsCall ? UsageKind.Voice : record.IsMessage ? UsageKind.Sms : UsageKind.Data, usage.Kind);
        Same("view", record.RecordType is 18 or 84 or 96 or 97 ? ChargingView.Secondary : ChargingView.Primary, usage.ChargingView);
        Same("start", part.Start?.UtcDateTime, usage.EventTime.UtcDateTime);
        Same("offset", (int?)part.Start?.Offset.TotalMinutes, usage.UtcOffsetMinutes);
        if (part.LastUsage is { } end)
        {
            Same("end", end.UtcDateTime, usage.EndTime.UtcDateTime);
        }

        // A traffic volume has no time of its own; it lasted from the one before it until its change time.
        if (part is not { Seconds: null, FirstUsage: null } || part.LastUsage - part.Start != TimeSpan.FromSeconds(usage.DurationSeconds))
        {
            Same("seconds", part.Seconds ?? -1, usage.DurationSeconds);
        }

        Same("ratingGroup", part.RatingGroup ?? -1, usage.RatingGroup);
        Same("serviceId", part.ServiceId ?? -1, usage.ServiceIdentifier);
        Same("servingPlmn", part.ServingPlmn ?? "", usage.ServingPlmn);
        Same("chargingId", record.ChargingId ?? -1, usage.ChargingId);
        Same("recordSequence", record.RecordSequence ?? -1, usage.RecordSequenceNumber);
        // Where the record has no local sequence number of its own, that of the part may stand there.
        if (record.LocalSequence is not null || usage.LocalSequenceNumber != part.LocalSequence)
        {
            Same("localSequence", record.LocalSequence ?? -1, usage.LocalSequenceNumber);
        }

        Same("recordType", record.RecordType ?? -1, (long)usage.RecordType);
        if (record.IsMessage)
        {
            Same("messages", part.Units ?? 1, usage.Messages);
            return;
        }

        Same("serviceUnits", part.Units ?? -1, usage.ServiceUnits);

        // What was not measured is not 0. Where the total contradicts the directions, only the total can still be right.
        if (!part.Contradicts)
        {
            Same("uplink", part.Uplink ?? -1, usage.UplinkOctets);
            Same("downlink", part.Downlink ?? -1, usage.DownlinkOctets);
        }

        // With one direction alone, the octets known to be used are that one's; whether they are the total is not known.
        long? only = part.Octets is null ? part.Uplink ?? part.Downlink : null;
        if (usage.TotalOctets != (part.Octets ?? -1) && (only is null || usage.TotalOctets != only))
        {
            differ("total", Text(part.Octets ?? -1), Text(usage.TotalOctets));
        }
    }

    private void CompareIds(OtherRecord record, OtherPart part, UsageReceived usage, List<Difference> differences)
    {
        if (!_parts.TryAdd(usage.UsageId, part) && _parts[usage.UsageId] is { } before && before.Identity != part.Identity)
        {
            differences.Add(new("id", record, part, "two ids for two usages", $"one, {usage.UsageId}", before));
        }

        if (!_ids.TryAdd((part.Identity, part.Unnamed), (usage.UsageId, part)))
        {
            (UsageId id, OtherPart twin) = _ids[(part.Identity, part.Unnamed)];
            if (id != usage.UsageId)
            {
                differences.Add(new("id", record, part, "one id for one usage", "two", twin));
            }
        }

        string subscriber = record.Subscriber ?? "";
        bool isKnown = _subscribers.TryGetValue(subscriber, out SubscriberRef reference);
        bool isOf = _references.TryGetValue(usage.SubscriberRef, out string? other);
        if (!isKnown && !isOf && record.Doubts.Count == 0)
        {
            _subscribers.Add(subscriber, usage.SubscriberRef);
            _references.Add(usage.SubscriberRef, subscriber);
        }
        else if ((isKnown && reference != usage.SubscriberRef) || (isOf && other != subscriber))
        {
            differences.Add(new("subscriber", record, part, "one reference for each subscriber", "another"));
        }
    }

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null";
}
