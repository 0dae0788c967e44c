namespace BelgiCom.Streaming.Generation;

/// <summary>
/// The usage of one record. It is made from the plan and the record's number alone, so that two views of it (PGW and SGW) agree.
/// </summary>
internal sealed class GeneratedUsage
{
    private const string HomePlmn = "00101";

    private readonly GenerationPlan _plan;

    public GeneratedUsage(GenerationPlan plan)
    {
        _plan = plan;
        Parts = new Part[plan.MaxParts];
    }

    public long Number { get; private set; }

    public GeneratedSubscriber Subscriber { get; private set; }

    public GeneratedSubscriber OtherParty { get; private set; }

    public DateTime StartUtc { get; private set; }

    public int Seconds { get; private set; }

    public bool IsOriginating { get; private set; }

    public string ServingPlmn { get; private set; } = HomePlmn;

    public Part[] Parts { get; }

    public int PartCount { get; private set; }

    public void Make(long number)
    {
        SeededNumbers random = new(_plan.Seed, (ulong)number);
        Number = number;
        Subscriber = new GeneratedSubscriber((int)random.Below(_plan.Subscribers));
        OtherParty = new GeneratedSubscriber((int)random.Below(_plan.Subscribers));
        StartUtc = _plan.Start.UtcDateTime.AddSeconds(random.Below(Math.Max(1, (long)_plan.Duration.TotalSeconds)));
        IsOriginating = random.Below(3) > 0;
        ServingPlmn = random.Below(1000) < _plan.RoamingPermille
            ? _plan.VisitedPlmns[(int)random.Below(_plan.VisitedPlmns.Count)]
            : HomePlmn;
        PartCount = 1 + (int)random.Below(_plan.MaxParts);
        Seconds = 0;
        for (int i = 0; i < PartCount; i++)
        {
            // Sizes spread over orders of magnitude, as traffic does: 1 KiB to 16 MiB downlink, an eighth of that uplink.
            long downlink = random.Below(1L << (10 + (int)random.Below(15))) + 1;
            int seconds = 1 + (int)random.Below(600);
            Parts[i] = new Part((int)random.Below(int.MaxValue), (downlink / 8) + random.Below(500), downlink, Seconds, seconds);
            Seconds += seconds;
        }
    }

    /// <summary>A part of the usage.</summary>
    /// <param name="Choice">Number that chooses among the plan's rating groups.</param>
    /// <param name="Uplink">Octets sent.</param>
    /// <param name="Downlink">Octets received.</param>
    /// <param name="StartSeconds">Seconds from the start of the record to the start of the part.</param>
    /// <param name="Seconds">Duration.</param>
    public readonly record struct Part(int Choice, long Uplink, long Downlink, int StartSeconds, int Seconds);
}

/// <summary>A synthetic subscriber: test network 001/01, MSISDN beginning 999, which no country has.</summary>
/// <param name="Index">From 0.</param>
public readonly record struct GeneratedSubscriber(int Index)
{
    /// <summary>E.164 digits.</summary>
    public string Msisdn => Digits("9991", Index, 12);

    /// <summary>E.212 digits.</summary>
    public string Imsi => Digits("001011", Index, 15);

    internal string Imei => Digits("990000", Index, 15);

    internal byte[] Address => [10, (byte)(Index >> 16), (byte)(Index >> 8), (byte)Index];

    private static string Digits(string prefix, int index, int length) =>
        prefix + index.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(length - prefix.Length, '0');
}
