using System.Runtime.InteropServices;
using System.Text;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// Changes to records that leave them valid: other values, optional fields that are absent, lists and SETs in another order, fields that
/// nobody knows. Values are drawn from a few, so that some records differ in one field only, or in none.
/// </summary>
internal sealed class CdrMutations
{
    private static readonly string[] Imsis = ["001010000000001", "001010000000002", "001011000000003", "00101000000004"];
    private static readonly string[] Numbers = ["999100000001", "999100000002", "99910000003", "9991000000004"];
    private static readonly string[] Plmns = ["00101", "20801", "310260", "31026", "40503", "405030"];
    private readonly Random _random;
    private readonly Action<Tlv>[] _gatewayChanges;
    private readonly Action<Tlv>[] _serviceChanges;
    private readonly Action<Tlv>[] _volumeChanges;
    private readonly Action<Tlv>[] _sgsnChanges;
    private readonly Action<Tlv>[] _chfChanges;
    private readonly Action<Tlv>[] _usedChanges;

    public CdrMutations(Random random)
    {
        _random = random;
        _gatewayChanges = [
            record => Optional(record, HandMade.Imsi(3, Any(Imsis))),
            record => Optional(record, HandMade.Msisdn(22, Any(Numbers))),
            record => record.With(HandMade.IPv4(4, 192, 0, 2, (byte)random.Next(10, 12))),
            record => record.With(Tlv.Constructed(4, Tlv.Primitive(1, [.. Enumerable.Range(0, 16).Select(i => (byte)i)]))),
            record => record.With(HandMade.Integer(5, Any([1L, 70001L, int.MaxValue + 1L, uint.MaxValue]))),
            record => Open(record, 13),
            record => Optional(record, HandMade.Integer(17, random.Next(3))),
            record => Optional(record, HandMade.Text(18, Any(["PGW-1", "PGW-2"]))),
            record => Optional(record, HandMade.Integer(20, Any([0L, 1L, 9L, uint.MaxValue]))),
            record => Optional(record, HandMade.Plmn(27, Any(Plmns))),
            record => Optional(record, random.Next(4) == 0 ? HandMade.Cgi(32, Any(Plmns)) : HandMade.TaiAndEcgi(32, Any(Plmns))),
            record => record.With(HandMade.Plmn(37, Any(Plmns))),
            record => Optional(record, HandMade.Integer(30, Any([1L, 2L, 6L, 51L]))),
            record => record.With(HandMade.Text(7, Any(["internet.test", "ims.test"]))),
            record => record.With(HandMade.Integer(15, random.Next(5) * 4)),
            record => Each(record[34], _serviceChanges!),
            record => Each(record[34], _serviceChanges!),
            record => Each(record[12], _volumeChanges!),
            record => List(record[34]),
            record => List(record[12]),
        ];
        _serviceChanges = [
            service => service.With(HandMade.Integer(1, Any([0L, 10L, 20L, uint.MaxValue]))),
            service => Optional(service, HandMade.Integer(17, Any([1L, 2L, uint.MaxValue]))),
            service => Optional(service, HandMade.Integer(4, Any([0L, 1L, 2L, uint.MaxValue]))),
            service => Times(service, 5, 6, CdrValues.Time(service[14]) ?? HandMade.Opened.AddDays(1)),
            service => Optional(service, HandMade.Integer(7, random.Next(3000))),
            service => Optional(service, HandMade.Integer(12, Volume())),
            service => Optional(service, HandMade.Integer(13, Volume())),
            service => Optional(service, HandMade.TaiAndEcgi(20, Any(Plmns))),
            service => service.Without(5, 6),
        ];
        _volumeChanges = [
            volume => Optional(volume, HandMade.Integer(3, Volume())),
            volume => Optional(volume, HandMade.Integer(4, Volume())),
            volume => volume.With(HandMade.Time(6, (CdrValues.Time(volume[6]) ?? HandMade.Opened).AddSeconds(random.Next(1, 100)))),
            volume => Optional(volume, HandMade.TaiAndEcgi(8, Any(Plmns))),
        ];
        _sgsnChanges = [
            record => Optional(record, HandMade.Imsi(3, Any(Imsis))),
            record => Optional(record, HandMade.Msisdn(27, Any(Numbers))),
            record => Optional(record, HandMade.IPv4(5, 192, 0, 2, (byte)random.Next(30, 32))),
            record => record.With(HandMade.Integer(10, Any([1L, 70001L, uint.MaxValue]))),
            record => record.With(HandMade.IPv4(11, 192, 0, 2, (byte)random.Next(10, 12))),
            record => Each(record[15], _volumeChanges!),
            record => List(record[15]),
            record => Open(record, 16),
            record => Optional(record, HandMade.Integer(21, random.Next(3))),
            record => Optional(record, HandMade.Text(22, Any(["SGSN-1", "SGSN-2"]))),
            record => Optional(record, HandMade.Integer(24, Any([0L, 9L, uint.MaxValue]))),
            record => Optional(record, HandMade.Plmn(38, Any(Plmns))),
        ];
        _chfChanges = [
            Subscriber,
            record => Chf(record, "consumer", 3, consumer => consumer.With(HandMade.Text(1, Any(["smf-1", "smf-2"])))),
            record => Chf(record, "consumer", 3, consumer => Optional(consumer, HandMade.Plmn(3, Any(Plmns)))),
            record => Open(record, 6),
            record => Optional(record, HandMade.Integer(8, random.Next(3))),
            record => Optional(record, HandMade.Integer(11, Any([0L, 1L, 9L, uint.MaxValue]))),
            record => Optional(record, HandMade.Text(16, Any(["session-1", "session-2", "imsi-001010000000001-5-1"]))),
            record => Optional(record, HandMade.Integer(27, Any([1L, 555001L]))),
            record => Chf(record, "session", 13, session => Optional(session, HandMade.Integer(0, Any([1L, 555001L, uint.MaxValue])))),
            record => Chf(record, "session", 13, session => session.With(HandMade.Integer(6, Any([1L, 5L, 200L])))),
            record => Chf(record, "session", 13, session => Optional(session, HandMade.Plmn(27, Any(Plmns)))),
            record => Chf(record, "session", 13, session => Optional(session, HandMade.ServingAmf(11, Any(Plmns)))),
            record => Chf(record, "session", 13, session => Optional(session, HandMade.NrTai(35, Any(Plmns)))),
            record => Chf(record, "session", 13, session => Optional(session, HandMade.Text(3, LocationOf(Any(Plmns))))),
            record => Chf(record, "session", 13, session => session.With(HandMade.Integer(12, Any([3L, 6L, 51L])))),
            record => List(record[5]),
            record => Each(record[5], [
                usage => usage.With(HandMade.Integer(0, Any([0L, 10L, 20L, uint.MaxValue]))), usage => List(usage[1])]),
            record => Each(record[5], [usage => Each(usage[1], _usedChanges!)]),
            record => Each(record[5], [usage => Each(usage[1], _usedChanges!)]),
            record => Each(record[5], [usage => Each(usage[1], _usedChanges!)]),
        ];
        _usedChanges = [
            used => Optional(used, HandMade.Integer(0, Any([1L, 2L]))),
            used => Optional(used, HandMade.Integer(1, random.Next(3000))),
            used => Optional(used, HandMade.Time(3, HandMade.Opened.AddMinutes(random.Next(10, 13)))),
            used => Optional(used, HandMade.Integer(9, Any([0L, 1L, 2L, uint.MaxValue]))),
            Volumes,
            Volumes,
            used => Times(used.With(used[11] ?? Tlv.Constructed(11))[11]!, 2, 3, CdrValues.Time(used[3]) ?? HandMade.Opened.AddDays(1)),
            used => used.Without(11),
            used => used.With((used[11] ?? Tlv.Constructed(11)).With(HandMade.NrTai(18, Any(Plmns)))),
            used => Optional(used, HandMade.Integer(7, random.Next(1, 3)), likelihood: 4),
        ];
    }

    /// <summary>Changes up to four things that the record says, and then rearranges it.</summary>
    public Tlv Of(Tlv original)
    {
        Tlv record = original.Clone();
        Action<Tlv>[] changes = record.Number switch { 200 => _chfChanges, 20 => _sgsnChanges, _ => _gatewayChanges };
        for (int i = _random.Next(5); i > 0 && changes.Length > 0; i--)
        {
            Any(changes)(record);
        }

        return Rearranged(record);
    }

    /// <summary>Returns the same record with its SETs and lists in another order, and with fields of private and of later use.</summary>
    public Tlv Rearranged(Tlv original)
    {
        Tlv record = original.Clone();
        foreach (Tlv list in record.Children.Where(child => child.Children.Count > 0 && child.Children.TrueForAll(IsSequence)))
        {
            _random.Shuffle(CollectionsMarshal.AsSpan(list.Children));
            list.Children.ForEach(member => Unknown(member, isSet: false));
        }

        foreach (Tlv set in record.Number == 200 ? [record[13]!, record] : new[] { record })
        {
            Unknown(set, isSet: true);
            _random.Shuffle(CollectionsMarshal.AsSpan(set.Children));
        }

        return record;
    }

    private static bool IsSequence(Tlv element) => element is { TagClass: Tlv.Universal, Number: 16 };

    public static string LocationOf(string plmn) =>
        $"{{\"nrLocation\":{{\"tai\":{{\"plmnId\":{{\"mcc\":\"{plmn[..3]}\",\"mnc\":\"{plmn[3..]}\"}},\"tac\":\"000001\"}}}}}}";

    public T Any<T>(IReadOnlyList<T> values) => values[_random.Next(values.Count)];

    /// <summary>Draws a volume in octets: none, one of a few small ones, or any up to a terabyte.</summary>
    public long Volume() => _random.Next(4) switch { 0 => 0, 1 => 1000, 2 => _random.Next(127, 130), _ => _random.NextInt64(1L << 40) };

    private void Optional(Tlv parent, Tlv child, int likelihood = 3) => _ = _random.Next(likelihood) == 0
        ? parent.Without(child.Number)
        : parent.With(child);

    private static void Chf(Tlv record, string name, int tag, Action<Tlv> change) =>
        change(record[tag] ?? throw new InvalidOperationException($"No {name}."));

    private void Each(Tlv? list, Action<Tlv>[] changes)
    {
        if (list is { Children.Count: > 0 })
        {
            Any(changes)(Any(list.Children));
        }
    }

    /// <summary>Removes a member of the list, or adds one that is like another.</summary>
    private void List(Tlv? list)
    {
        if (list is { Children.Count: > 1 } && _random.Next(2) == 0)
        {
            list.Children.RemoveAt(_random.Next(list.Children.Count));
        }
        else if (list is { Children.Count: > 0 and < 6 })
        {
            Tlv member = Any(list.Children).Clone();
            list.Children.Add(member);
            Distinguish(list, member);
        }
    }

    /// <summary>Gives a copied member a number or an end of its own, because a record that says the same twice is not valid.</summary>
    private static void Distinguish(Tlv list, Tlv member)
    {
        if (member[6] is { Content.Length: 9 } changed && member[1] is null)
        {
            member.With(HandMade.Time(6, CdrValues.Time(changed)!.Value.AddSeconds(list.Children.Count)));
        }
        else if (member[1] is { Octets: not null } && member[8] is not null)
        {
            member.With(HandMade.Integer(4, list.Children.Count + 10));
        }
        else if (member[1] is { Octets: null } containers)
        {
            containers.Children.ForEach(used => used.With(
                HandMade.Integer(9, containers.Children.IndexOf(used) + (10 * list.Children.Count))));
        }
        else
        {
            member.With(HandMade.Integer(9, list.Children.Count + 100));
        }
    }

    private void Times(Tlv parent, int first, int last, DateTimeOffset until)
    {
        DateTimeOffset start = until.AddMinutes(-_random.Next(1, 4) * 10);
        parent.With(HandMade.Time(first, start));
        Optional(parent, HandMade.Time(last, start.AddMinutes(_random.Next(10))));
    }

    /// <summary>Moves the opening of the record back, or writes the same second in another time zone.</summary>
    private void Open(Tlv record, int tag)
    {
        DateTimeOffset opened = CdrValues.Time(record[tag]) ?? HandMade.Opened;
        record.With(HandMade.Time(tag, _random.Next(4) == 0
            ? opened.ToOffset(Any([TimeSpan.Zero, new TimeSpan(-5, -30, 0), new TimeSpan(12, 45, 0)]))
            : opened - Any([TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1)])));
    }

    private void Subscriber(Tlv record)
    {
        int who = _random.Next(Numbers.Length);
        bool isNamed = _random.Next(3) > 0;
        Chf(record, "session", 13, session => _ = isNamed
            ? session.With(Tlv.Constructed(1, HandMade.Text(3, Numbers[who])))
            : session.Without(1));
        record.With(_random.Next(4) == 0
            ? Tlv.Constructed(2, HandMade.Integer(0, 0), HandMade.Text(1, Numbers[who]))
            : Tlv.Constructed(2, HandMade.Integer(0, 1), HandMade.Text(1, Any(Imsis))));
    }

    /// <summary>Draws which of total, uplink and downlink are there, and whether they agree.</summary>
    private void Volumes(Tlv used)
    {
        long uplink = Volume();
        long downlink = Volume();
        used.Without(4, 5, 6);
        switch (_random.Next(7))
        {
            case 0:
                used.With(HandMade.Integer(4, uplink));
                break;
            case 1:
                used.With(HandMade.Integer(5, uplink)).With(HandMade.Integer(6, downlink));
                break;
            case 2:
                used.With(HandMade.Integer(4, uplink)).With(HandMade.Integer(5, 0)).With(HandMade.Integer(6, 0));
                break;
            case 3 when _random.Next(3) == 0:
                used.With(HandMade.Integer(4, 1)).With(HandMade.Integer(5, uplink)).With(HandMade.Integer(6, downlink));
                break;
            case 4 when _random.Next(2) == 0:
                break;
            default:
                used.With(HandMade.Integer(4, uplink + downlink)).With(HandMade.Integer(5, uplink)).With(HandMade.Integer(6, downlink));
                break;
        }
    }

    private void Unknown(Tlv parent, bool isSet)
    {
        if (_random.Next(5) > 0)
        {
            return;
        }

        Tlv unknown = _random.Next(3) switch
        {
            0 => new Tlv(Tlv.Private, _random.Next(1, 5000), Encoding.UTF8.GetBytes("vendor"), []),
            1 => Tlv.Primitive(_random.Next(300, 20000), 1, 2, 3),
            _ => new Tlv(Tlv.Private, _random.Next(1, 40), null, [Tlv.Primitive(0, 7), Tlv.Constructed(3, Tlv.Primitive(1))]),
        };
        parent.Children.Insert(isSet ? _random.Next(parent.Children.Count + 1) : parent.Children.Count, unknown);
    }
}
