using System.Text;
using System.Text.Json.Nodes;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>
/// An endless row of valid files: records of real and of hand-made files with changes, some of them sent again, cut into other files and
/// written in other ways.
/// </summary>
internal sealed class Mutations
{
    private const int Remembered = 300;
    private readonly Random _random;
    private readonly CdrMutations _cdrs;
    private readonly RequestMutations _requests;
    private readonly CdrWriter _writer;

    public Mutations(int seed)
    {
        _random = new(seed);
        _cdrs = new(_random);
        _requests = new(_random, _cdrs);
        _writer = new(_random);
    }

    public IEnumerable<(string Name, byte[] Octets)> Files(IEnumerable<byte[]> originals)
    {
        List<Tlv> cdrs = [
            HandMade.Pgw(HandMade.Service(10, 1, 1000, 2000), HandMade.Service(20, 2, 5, 0)),
            HandMade.Pgw(HandMade.Service(10, 1, 1000, 2000)).Without(34)
                .With(Tlv.Constructed(12, HandMade.Volume(7, 8, 5), HandMade.Volume(9, 10, 10))),
            HandMade.OfVolumes(78, 84), HandMade.OfVolumes(96, 96).Without(27), HandMade.OfVolumes(97, 97).Without(27), HandMade.Sgsn(),
            HandMade.Chf(HandMade.Usage(10, HandMade.Used(1, 1000, 2000), HandMade.Used(2, 5, 0)),
                HandMade.Usage(20, HandMade.Used(3, 0, 7)))];
        List<JsonObject> requests = [Parsed(HandMade.Request(
            """{"localSequenceNumber":1,"totalVolume":3000,"uplinkVolume":1000,"downlinkVolume":2000}""")),
            Parsed(HandMade.Request(HandMade.UsedInRequest(1, 1000, 2000)))];
        foreach (byte[] original in originals)
        {
            if (original[0] is (byte)'{' or (byte)'[')
            {
                requests.AddRange(Encoding.UTF8.GetString(original).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parsed));
            }
            else
            {
                cdrs.AddRange(Elements(original).Where(cdr => cdr.Number is 78 or 79 or 200 && cdr[15] is not { Octets: null }));
            }
        }

        List<Tlv> sentCdrs = [];
        List<JsonObject> sentRequests = [];
        for (int number = 0; ; number++)
        {
            yield return ($"mutation {number}", _random.Next(4) == 0
                ? _requests.File(Drawn(requests, sentRequests, _requests.Of, request => request, body => _requests.File([body])))
                : _writer.File(Drawn(cdrs, sentCdrs, _cdrs.Of, _cdrs.Rearranged, cdr => CdrWriter.Plain(cdr))));
        }
    }

    /// <summary>Draws one or more records: changed ones, or some that were sent before.</summary>
    private List<T> Drawn<T>(List<T> originals, List<T> sent, Func<T, T> change, Func<T, T> rearrange, Func<T, byte[]> write)
    {
        List<T> records = [];
        while (records.Count == 0 || _random.Next(2) == 0)
        {
            if (sent.Count > 0 && _random.Next(4) == 0)
            {
                records.Add(rearrange(_cdrs.Any(sent)));
                continue;
            }

            T record = change(_cdrs.Any(originals));
            List<OtherPart> parts = OtherReader.Read(write(record))[0].Parts;
            if (parts.DistinctBy(part => part.Identity).Count() < parts.Count)
            {
                continue; // A record that says one thing twice is not valid.
            }

            records.Add(record);
            if (sent.Count < Remembered)
            {
                sent.Add(record);
            }
            else
            {
                sent[_random.Next(Remembered)] = record;
            }
        }

        return records;
    }

    private static JsonObject Parsed(string body) => JsonNode.Parse(body)!.AsObject();

    /// <summary>The records of a file that is not compressed, as they stand.</summary>
    private static List<Tlv> Elements(byte[] file)
    {
        List<Tlv> elements = [];
        bool isFramed = file[0] == 0;
        for (int at = isFramed ? file[7] : 0; at < file.Length;)
        {
            if (isFramed)
            {
                at += file[at + 2] >> 5 == 7 ? 5 : 4;
            }
            else if (file[at] is 0 or 0xff)
            {
                at++;
                continue;
            }

            elements.Add(Tlv.Read(file, ref at));
        }

        return elements;
    }
}
