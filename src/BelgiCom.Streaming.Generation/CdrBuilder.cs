using static BelgiCom.Streaming.Adapters.BerTag;

namespace BelgiCom.Streaming.Generation;

/// <summary>Builds TS 32.298 records in BER, with the fields that a gateway or charging function of today fills.</summary>
internal sealed class CdrBuilder(GenerationPlan plan)
{
    // recordType of TS 32.298 5.1.2.2.59 and 5.1.5.
    private const int SgwRecordType = 84;
    private const int PgwRecordType = 85;
    private const int ChfRecordType = 200;
    private const int EUtran = 6;
    private const int NewRadio = 51;
    private static readonly byte[] HomePlmn = [0x00, 0xF1, 0x10];
    private static readonly byte[] Location = [0x18, 0x00, 0xF1, 0x10, 0x00, 0x01, 0x00, 0xF1, 0x10, 0x00, 0x00, 0x01, 0x01];
    private readonly BerWriter _ber = new();
    private readonly int _offset = (int)plan.Offset.TotalMinutes;

    /// <summary>The record just built; valid until the next one is built.</summary>
    public ReadOnlySpan<byte> Record => _ber.Written;

    public void BuildPgw(GeneratedUsage usage, string node)
    {
        int record = Begin(79, PgwRecordType, usage, node);
        int list = _ber.Open(Context | 34);
        for (int i = 0; i < usage.PartCount; i++)
        {
            GeneratedUsage.Part part = usage.Parts[i];
            int container = _ber.Open(Sequence);
            _ber.Integer(Context | 1, plan.RatingGroups[part.Choice % plan.RatingGroups.Count]);
            _ber.Integer(Context | 4, i + 1);
            Time(5, usage, part.StartSeconds);
            Time(6, usage, part.StartSeconds + part.Seconds);
            _ber.Integer(Context | 7, part.Seconds);
            _ber.Octets(Context | 8, [5, 0, 0, 0, 0x80, 0]);
            _ber.Integer(Context | 12, part.Uplink);
            _ber.Integer(Context | 13, part.Downlink);
            Time(14, usage, part.StartSeconds + part.Seconds);
            _ber.Close(container);
        }

        _ber.Close(list);
        End(record, usage);
    }

    public void BuildSgw(GeneratedUsage usage, string node)
    {
        int record = Begin(78, SgwRecordType, usage, node);
        int list = _ber.Open(Context | 12);
        for (int i = 0; i < usage.PartCount; i++)
        {
            GeneratedUsage.Part part = usage.Parts[i];
            int volume = _ber.Open(Sequence);
            _ber.Integer(Context | 3, part.Uplink);
            _ber.Integer(Context | 4, part.Downlink);
            _ber.Integer(Context | 5, i + 1 == usage.PartCount ? 2 : 0);
            Time(6, usage, part.StartSeconds + part.Seconds);
            _ber.Close(volume);
        }

        _ber.Close(list);
        End(record, usage);
    }

    public void BuildChf(GeneratedUsage usage, string node)
    {
        _ber.Clear();
        int record = _ber.Open(Context | 200);
        _ber.Integer(Context | 0, ChfRecordType);
        Text(1, node);
        int subscriber = _ber.Open(Context | 2);
        _ber.Integer(Context | 0, 1);
        Text(1, usage.Subscriber.Imsi);
        _ber.Close(subscriber);
        int consumer = _ber.Open(Context | 3);
        _ber.Integer(Context | 0, 1);
        Text(1, "test-smf-01");
        Plmn(3, usage.ServingPlmn);
        _ber.Close(consumer);
        int usages = _ber.Open(Context | 5);
        for (int i = 0; i < usage.PartCount; i++)
        {
            BuildUnits(usage, i);
        }

        _ber.Close(usages);
        Time(6, usage, 0);
        _ber.Integer(Context | 7, usage.Seconds);
        _ber.Integer(Context | 8, 1);
        _ber.Integer(Context | 9, 0);
        _ber.Integer(Context | 11, usage.Number & uint.MaxValue);
        int session = _ber.Open(Context | 13);
        _ber.Integer(Context | 0, plan.ChargingId(1_000_000, usage.Number));
        int user = _ber.Open(Context | 1);
        Text(3, usage.Subscriber.Msisdn);
        _ber.Close(user);
        _ber.Integer(Context | 6, 5);
        _ber.Integer(Context | 12, NewRadio);
        Text(13, "internet.test");
        int address = _ber.Open(Context | 14);
        Address(Context | 0, usage.Subscriber.Address);
        _ber.Close(address);
        Time(17, usage, 0);
        _ber.Close(session);
        _ber.Close(record);
    }

    private void BuildUnits(GeneratedUsage usage, int index)
    {
        GeneratedUsage.Part part = usage.Parts[index];
        int unit = _ber.Open(Sequence);
        _ber.Integer(Context | 0, plan.ChfRatingGroups[part.Choice % plan.ChfRatingGroups.Count]);
        int containers = _ber.Open(Context | 1);
        int container = _ber.Open(Sequence);
        _ber.Integer(Context | 1, part.Seconds);
        Time(3, usage, part.StartSeconds + part.Seconds);
        _ber.Integer(Context | 4, part.Uplink + part.Downlink);
        _ber.Integer(Context | 5, part.Uplink);
        _ber.Integer(Context | 6, part.Downlink);
        _ber.Integer(Context | 9, index + 1);
        int details = _ber.Open(Context | 11);
        Time(2, usage, part.StartSeconds);
        Time(3, usage, part.StartSeconds + part.Seconds);
        _ber.Integer(Context | 7, NewRadio);
        _ber.Close(details);
        _ber.Close(container);
        _ber.Close(containers);
        _ber.Close(unit);
    }

    private int Begin(uint outerTag, int recordType, GeneratedUsage usage, string node)
    {
        GeneratedSubscriber subscriber = usage.Subscriber;
        _ber.Clear();
        int record = _ber.Open(Context | outerTag);
        _ber.Integer(Context | 0, recordType);
        _ber.Tbcd(Context | 3, subscriber.Imsi);
        Address(Context | 4, [192, 0, 2, 10]);
        _ber.Integer(Context | 5, plan.ChargingId(1_000_000, usage.Number));
        Address(Context | 6, [198, 51, 100, 2]);
        Text(7, "internet.test");
        _ber.Octets(Context | 8, [0xF1, 0x21]);
        int served = _ber.Open(Context | 9);
        Address(Context | 0, subscriber.Address);
        _ber.Close(served);
        _ber.Octets(Context | 11, [0xFF]);
        Time(13, usage, 0);
        _ber.Integer(Context | 14, usage.Seconds);
        _ber.Integer(Context | 15, 0);
        Text(18, node);
        _ber.Integer(Context | 20, usage.Number & uint.MaxValue);
        _ber.Tbcd(Context | 22, subscriber.Msisdn, 0x91);
        _ber.Octets(Context | 23, [8, 0]);
        Plmn(27, usage.ServingPlmn);
        _ber.Tbcd(Context | 29, subscriber.Imei);
        _ber.Integer(Context | 30, EUtran);
        _ber.Octets(Context | 31, [0x40, 0]);
        _ber.Octets(Context | 32, Location);
        return record;
    }

    private void End(int record, GeneratedUsage usage)
    {
        int types = _ber.Open(Context | 35);
        _ber.Octets(10, [2]);
        _ber.Close(types);
        _ber.Octets(Context | 37, HomePlmn);
        Time(38, usage, 0);
        Time(39, usage, usage.Seconds);
        _ber.Close(record);
    }

    private void Time(uint tag, GeneratedUsage usage, int seconds) => _ber.Time(Context | tag, usage.StartUtc.AddSeconds(seconds), _offset);

    /// <summary>
    /// A PLMN id (TS 29.060): two digits of the MCC, then MNC digit 3 (f when there is none) and MCC digit 3, then MNC digits 1 and 2, low
    /// nibble first.
    /// </summary>
    private void Plmn(uint tag, string plmn)
    {
        int third = plmn.Length == 6 ? plmn[5] - '0' : 0xF;
        _ber.Octets(
            Context | tag,
            [
                (byte)((plmn[0] - '0') | ((plmn[1] - '0') << 4)),
                (byte)((plmn[2] - '0') | (third << 4)),
                (byte)((plmn[3] - '0') | ((plmn[4] - '0') << 4)),
            ]);
    }

    private void Text(uint tag, string text)
    {
        Span<byte> octets = stackalloc byte[64];
        _ber.Octets(Context | tag, octets[..System.Text.Encoding.ASCII.GetBytes(text, octets)]);
    }

    /// <summary>An element that holds an IPAddress: the alternative IPv4 (0) one level down.</summary>
    private void Address(uint tag, ReadOnlySpan<byte> address)
    {
        int choice = _ber.Open(tag);
        _ber.Octets(Context | 0, address);
        _ber.Close(choice);
    }
}
