using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>Changes to charging data requests that leave them valid: what they say, and how they are written.</summary>
internal sealed class RequestMutations
{
    private static readonly string[] Plmns = ["00101", "20801", "310260", "31026", "40503", "405030"];
    private readonly Random _random;
    private readonly CdrMutations _values;
    private readonly Action<JsonObject>[] _changes;
    private readonly Action<JsonObject>[] _usedChanges;
    private bool _hasEscapedNames;

    public RequestMutations(Random random, CdrMutations values)
    {
        _random = random;
        _values = values;
        _changes = [
            body => body["subscriberIdentifier"] = values.Any(["imsi-001010000000001", "imsi-001010000000002"]),
            body => Optional(
                Session(body), "userInformation", Named("servedGPSI", values.Any(["msisdn-999100000001", "msisdn-999100000002"]))),
            body => body["nfConsumerIdentification"]!["nFName"] = values.Any(["smf-1", "smf-2"]),
            body => Optional(body["nfConsumerIdentification"]!.AsObject(), "nFPLMNID", Plmn()),
            body => body["invocationSequenceNumber"] = random.Next(3),
            body => body["invocationTimeStamp"] = Stamp(random.Next(600, 700), random.Next(2) == 0),
            body => body["retransmissionIndicator"] = true,
            body => Optional(Session(body), "chargingId", values.Any([1L, 555001L, uint.MaxValue])),
            body => Information(body)["pduSessionID"] = values.Any([1, 2, 5]),
            body => Optional(Information(body), "servingCNPlmnId", Plmn()),
            body => Optional(
                Information(body), "servingNetworkFunctionID", Named("servingNetworkFunctionInformation", Named("nFPLMNID", Plmn()))),
            body => Optional(Session(body), "userLocationinfo", JsonNode.Parse(CdrMutations.LocationOf(values.Any(Plmns)))),
            body => Usage(body)["ratingGroup"] = values.Any([0L, 10L, 20L, uint.MaxValue]),
            body => List(body["multipleUnitUsage"]),
            body => List(Usage(body)["usedUnitContainer"]),
            body => values.Any(_usedChanges!)(Used(body)),
            body => values.Any(_usedChanges!)(Used(body)),
            body => values.Any(_usedChanges!)(Used(body)),
        ];
        _usedChanges = [
            used => used["localSequenceNumber"] = random.Next(3),
            used => Optional(used, "serviceId", random.Next(1, 3)),
            used => Optional(used, "time", random.Next(3000)),
            used => Optional(used, "triggerTimestamp", Stamp(random.Next(3), isFine: false)),

            // The times that records of charging functions have in the mutations, with and without fractions.
            used => Optional(used, "triggerTimestamp", Stamp(600 + (60 * random.Next(3)), random.Next(2) == 0)),
            used => Optional(used, "pDUContainerInformation", Times()),
            Volumes,
            Volumes,
            used => Optional(used, "serviceSpecificUnits", random.Next(1, 3), likelihood: 4),
        ];
    }

    /// <summary>Changes up to four things that the request says.</summary>
    public JsonObject Of(JsonObject original)
    {
        JsonObject body = original.DeepClone().AsObject();
        for (int i = body["pDUSessionChargingInformation"] is null || body["multipleUnitUsage"] is null ? 0 : _random.Next(5); i > 0; i--)
        {
            _values.Any(_changes)(body);
        }

        return body;
    }

    /// <summary>
    /// Writes one body, an array, or a line for each: with members in any order, names in any case and any characters escaped.
    /// </summary>
    public byte[] File(IReadOnlyList<JsonObject> bodies)
    {
        bool isArray = _random.Next(3) == 0;
        _hasEscapedNames = _random.Next(20) == 0;
        StringBuilder text = new();
        for (int i = 0; i < bodies.Count; i++)
        {
            text.Append(i == 0 ? isArray ? "[" : "" : isArray ? "," : "\n");
            Write(bodies[i], isArray || bodies.Count == 1 ? [" ", "\n", "\r\n  ", "\t"] : [" ", "\t"], text);
        }

        text.Append(isArray ? "]" : _random.Next(2) == 0 ? "\n" : "");
        return new CdrWriter(_random).Compressed(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private void Write(JsonNode? node, string[] spaces, StringBuilder text)
    {
        string Space() => _random.Next(6) == 0 ? _values.Any(spaces) : "";
        text.Append(Space());
        switch (node)
        {
            case JsonObject members:
                List<(string Name, JsonNode? Value)> all = [.. members.Select(member => (member.Key, member.Value))];
                if (_random.Next(8) == 0 && !members.ContainsKey("list"))
                {
                    all.Add(("vendorSpecific", JsonNode.Parse("""{"ratingGroup":77,"list":[1,"mcc",[]],"totalVolume":5}""")));
                }

                _random.Shuffle(CollectionsMarshal.AsSpan(all));
                text.Append('{');
                for (int i = 0; i < all.Count; i++)
                {
                    text.Append(i > 0 ? "," : "").Append(Space());
                    Write(Cased(all[i].Name), _hasEscapedNames, text);
                    text.Append(Space()).Append(':');
                    Write(all[i].Value, spaces, text);
                }

                text.Append(Space()).Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                for (int i = 0; i < items.Count; i++)
                {
                    text.Append(i > 0 ? "," : "");
                    Write(items[i], spaces, text);
                }

                text.Append(Space()).Append(']');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Write(value.GetValue<string>(), _random.Next(10) == 0, text);
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }

        text.Append(Space());
    }

    private string Cased(string name) => _random.Next(12) switch
    {
        0 => name.ToLowerInvariant(),
        1 => name.ToUpperInvariant(),
        2 => char.ToUpperInvariant(name[0]) + name[1..],
        _ => name,
    };

    private void Write(string value, bool isEscaped, StringBuilder text)
    {
        text.Append('"');
        foreach (char letter in value)
        {
            text.Append(letter is '"' or '\\' || (isEscaped && _random.Next(3) == 0) ? $"\\u{(int)letter:x4}" : letter);
        }

        text.Append('"');
    }

    private static JsonObject Session(JsonObject body) => body["pDUSessionChargingInformation"]!.AsObject();

    private static JsonObject Information(JsonObject body) => Session(body)["pduSessionInformation"]!.AsObject();

    private JsonObject Usage(JsonObject body) => Any(body["multipleUnitUsage"]);

    private JsonObject Used(JsonObject body) => Any(Usage(body)["usedUnitContainer"]);

    private JsonObject Any(JsonNode? list) => list!.AsArray()[_random.Next(list.AsArray().Count)]!.AsObject();

    private JsonObject Plmn()
    {
        string plmn = _values.Any(Plmns);
        return new JsonObject { ["mcc"] = plmn[..3], ["mnc"] = plmn[3..] };
    }

    private static JsonObject Named(string name, JsonNode value) => new() { [name] = value };

    private static string Stamp(int seconds, bool isFine) => HandMade.Opened.AddSeconds(seconds).AddMilliseconds(isFine ? 250 : 0)
        .ToString(isFine ? "yyyy-MM-ddTHH:mm:ss.fffzzz" : "yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);

    private JsonObject Times()
    {
        int first = _random.Next(3) * 60;
        JsonObject times = Named("timeofFirstUsage", Stamp(first, isFine: false));
        times["timeofLastUsage"] = Stamp(first + 60, isFine: false);
        if (_random.Next(3) == 0)
        {
            times["userLocationInformation"] = JsonNode.Parse(CdrMutations.LocationOf(_values.Any(Plmns)));
        }

        return times;
    }

    private void Optional(JsonObject parent, string name, JsonNode? value, int likelihood = 3)
    {
        parent.Remove(name);
        if (_random.Next(likelihood) > 0)
        {
            parent[name] = value;
        }
    }

    /// <summary>Puts the members into another order, and removes one or adds one with numbers of its own.</summary>
    private void List(JsonNode? node)
    {
        JsonArray list = node!.AsArray();
        List<JsonNode> members = [.. list.Select(member => member!.DeepClone())];
        if (_random.Next(2) == 0 && members.Count > 1)
        {
            members.RemoveAt(_random.Next(members.Count));
        }
        else if (members.Count < 5)
        {
            JsonObject copy = _values.Any(members).DeepClone().AsObject();
            foreach (JsonObject used in copy["usedUnitContainer"] is JsonArray all ? all.Select(each => each!.AsObject()) : [copy])
            {
                used["localSequenceNumber"] = used["localSequenceNumber"]?.GetValue<int>() + (100 * members.Count);
            }

            members.Add(copy);
        }

        _random.Shuffle(CollectionsMarshal.AsSpan(members));
        list.Clear();
        members.ForEach(list.Add);
    }

    private void Volumes(JsonObject used)
    {
        long uplink = _values.Volume();
        long downlink = _values.Volume();
        (long? Total, long? Uplink, long? Downlink) volumes = _random.Next(6) switch
        {
            0 => (uplink, null, null),
            1 => (null, uplink, downlink),
            2 => (uplink, 0, 0),
            3 when _random.Next(3) == 0 => (null, null, null),
            _ => (uplink + downlink, uplink, downlink),
        };
        (string, long?)[] members = [
            ("totalVolume", volumes.Total), ("uplinkVolume", volumes.Uplink), ("downlinkVolume", volumes.Downlink)];
        foreach ((string name, long? value) in members)
        {
            used.Remove(name);
            if (value is not null)
            {
                used[name] = value;
            }
        }
    }
}
