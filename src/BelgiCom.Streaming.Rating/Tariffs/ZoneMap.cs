using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// Finds the zone of a serving network: the longest match of MCC+MNC, then MCC, then any other network. Most networks need one array
/// look-up.
/// </summary>
internal sealed class ZoneMap
{
    public const int None = -1;

    private const int MccCount = 1000;
    private const int HasNetworks = -2;

    // Indexed by MCC: a zone, None, or HasNetworks - n when networks of the country have zones of their own (list n).
    private readonly int[] _byMcc = new int[MccCount];
    private readonly List<NetworkZone[]> _networks = [];
    private readonly int _home;

    /// <summary>Compiles the zones; throws <see cref="ArgumentException"/> with a sentence when they contradict each other.</summary>
    public ZoneMap(IReadOnlyList<RoamingZone> zones)
    {
        _home = None;
        int other = None;
        Dictionary<Plmn, int> prefixes = [];
        for (int zone = 0; zone < zones.Count; zone++)
        {
            _home = zones[zone].Name == RoamingZone.Home ? zone : _home;
            foreach (string text in zones[zone].Plmns)
            {
                if (text == RoamingZone.AnyOther)
                {
                    other = other == None ? zone : throw new ArgumentException("'*' is in two zones; keep it in one.");
                }
                else if (!Plmn.TryParsePrefix(text, out Plmn prefix))
                {
                    throw new ArgumentException(
                        $"'{text}' in zone '{zones[zone].Name}' is no MCC (3 digits), no MCC and MNC (5 or 6 digits) and not '*'.");
                }
                else if (!prefixes.TryAdd(prefix, zone))
                {
                    throw new ArgumentException($"'{text}' is in two zones; keep it in one.");
                }
            }
        }

        Fill(prefixes, other);
    }

    /// <summary>
    /// The zone, or <see cref="None"/>. Usage without a network counts as home, because sources leave the network out for domestic usage.
    /// </summary>
    public int Find(Plmn network)
    {
        if (network.IsUnknown)
        {
            return _home;
        }

        int zone = _byMcc[network.Mcc];
        return zone > HasNetworks ? zone : FindNetwork(_networks[HasNetworks - zone], network);
    }

    private static int FindNetwork(NetworkZone[] longestFirst, Plmn network)
    {
        foreach (NetworkZone candidate in longestFirst)
        {
            if (network.IsIn(candidate.Prefix))
            {
                return candidate.Zone;
            }
        }

        return None;
    }

    private void Fill(Dictionary<Plmn, int> prefixes, int other)
    {
        Array.Fill(_byMcc, other);
        foreach (IGrouping<int, KeyValuePair<Plmn, int>> country in prefixes.GroupBy(prefix => prefix.Key.Mcc))
        {
            List<NetworkZone> list = [
                .. country.Select(prefix => new NetworkZone(prefix.Key, prefix.Value)).OrderByDescending(entry => entry.Prefix.Length)];
            if (list is [{ Prefix.IsCountry: true } only])
            {
                _byMcc[country.Key] = only.Zone;
                continue;
            }

            if (!list[^1].Prefix.IsCountry && other != None && Plmn.TryParsePrefix(country.Key.ToString("D3", null), out Plmn rest))
            {
                list.Add(new NetworkZone(rest, other));
            }

            _byMcc[country.Key] = HasNetworks - _networks.Count;
            _networks.Add([.. list]);
        }
    }

    private readonly record struct NetworkZone(Plmn Prefix, int Zone);
}
