using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing.Tests;

/// <summary>A rated usage event for tests; everything that a test does not name has one fixed value.</summary>
internal sealed record RatedUsage(int Number)
{
    public const string Topic = Topics.UsageRated;

    public string Account { get; init; } = "account-1";

    public string Offering { get; init; } = "mobile-start";

    public string Currency { get; init; } = "EUR";

    public UsageKind Kind { get; init; } = UsageKind.Data;

    public RatedOutcome Outcome { get; init; } = RatedOutcome.Rated;

    public long AmountNanos { get; init; } = 1_500_000_000;

    public PriceBasis PriceBasis { get; init; } = PriceBasis.Net;

    public int VatPermille { get; init; } = 210;

    public long ChargedUnits { get; init; } = 1024;

    public int OfferingVersion { get; init; } = 3;

    public int PriceIndex { get; init; } = 1;

    /// <summary>Price and amount of each part, where the usage has several.</summary>
    public (int PriceIndex, long AmountNanos)[] Parts { get; init; } = [];

    /// <summary>The offering of the last part, where that is another one.</summary>
    public string OfferingOfLastPart { get; init; } = "";

    public long TotalOctets { get; init; } = 1000;

    public long DurationSeconds { get; init; } = 60;

    public DateOnly PeriodStart { get; init; } = new(2026, 10, 1);

    public DateTimeOffset EventTime { get; init; } = new(2026, 10, 5, 12, 0, 0, TimeSpan.Zero);

    public string Node { get; init; } = "pgw-1";

    public long ContentFingerprint { get; init; } = 1;

    /// <summary>Number of the usage that this is a line of a correction of; null for usage.</summary>
    public int? Corrects { get; init; }

    /// <summary>Of a line of a correction, whether it takes back what was charged.</summary>
    public bool IsReversal { get; init; }

    public UsageId UsageId => UsageId.FromHalves(0x9E3779B97F4A7C15UL * (ulong)(Number + 1), (ulong)Number);

    /// <summary>The id that a decision gives this usage.</summary>
    public UsageId OwnId => UsageId.FromHalves(0xC0FFEE, (ulong)Number);

    public void AddTo(LedgerBatch batch, int partition, long offset, string topic = Topic)
    {
        UsageRatedView view = View(partition, offset);
        batch.AddRated(topic, partition, offset, view);
    }

    /// <summary>Adds a decision on this usage, which lies at the position.</summary>
    public void DecideIn(LedgerBatch batch, long decisionOffset, RejectedOutcome outcome, int partition, long offset)
    {
        UsageRejectedView decision = new()
        {
            Outcome = outcome,
            Reason = RejectedReason.Conflict,
            UsageId = outcome == RejectedOutcome.Recycled ? OwnId : UsageId,
            EventTimeMilliseconds = EventTime.ToUnixTimeMilliseconds(),
            ReceivedTopic = Encoding.UTF8.GetBytes(Topic),
            ReceivedPartition = partition,
            ReceivedOffset = offset,
        };
        if (outcome == RejectedOutcome.Recycled)
        {
            UsageRatedView view = View(partition, offset);
            batch.AddCharged(Topics.UsageRejected, partition, decisionOffset, decision, view);
        }
        else
        {
            batch.AddDiscarded(Topics.UsageRejected, partition, decisionOffset, decision);
        }
    }

    private UsageRatedView View(int partition, long offset) => new()
    {
        UsageId = UsageId,
        Account = Encoding.UTF8.GetBytes(Account),
        Offering = Encoding.UTF8.GetBytes(Offering),
        OfferingVersion = OfferingVersion,
        PriceIndex = PriceIndex,
        PartsOctets = PartsOctets(),
        Outcome = Outcome,
        ContentFingerprint = ContentFingerprint,
        Kind = Kind,
        EventTimeMilliseconds = EventTime.ToUnixTimeMilliseconds(),
        DurationSeconds = DurationSeconds,
        TotalOctets = TotalOctets,
        ChargedUnits = ChargedUnits,
        BundleUnits = 24,
        AmountNanos = AmountNanos,
        PriceBasis = PriceBasis,
        VatPermille = VatPermille,
        Currency = Encoding.UTF8.GetBytes(Currency),
        RoundingPolicy = 1,
        PeriodStartDays = PeriodStart.DayNumber - new DateOnly(1970, 1, 1).DayNumber,
        Source = "ericsson-pgw"u8,
        Node = Encoding.UTF8.GetBytes(Node),
        FileId = FileId.FromHalves(7, 7),
        FileName = "pgw.cdr"u8,
        FileSequenceNumber = 42,
        RecordIndex = Number,
        ContainerIndex = 1,
        ReceivedPartition = partition,
        ReceivedOffset = offset + 100,
        HasCorrection = Corrects is not null,
        Correction = new UsageCorrectionView
        {
            UsageId = new RatedUsage(Corrects ?? 0).UsageId,
            IsReversal = IsReversal,
            Reason = CorrectionReason.Tariff,
            DecidedAtMilliseconds = 1_790_000_000_000 + Number,
            DecidedBy = "clerk@host"u8,
            Because = "T-7"u8,
        },
    };

    private ReadOnlySpan<byte> PartsOctets()
    {
        if (Parts.Length == 0)
        {
            return default;
        }

        byte[] octets = new byte[4096];
        AvroItemsWriter<UsagePartView> writer = new(octets, Parts.Length);
        foreach ((int index, (int priceIndex, long amountNanos)) in Parts.Index())
        {
            writer.Add(new UsagePartView
            {
                Offering = index == Parts.Length - 1 ? Encoding.UTF8.GetBytes(OfferingOfLastPart) : default,
                OfferingVersion = OfferingVersion,
                PriceIndex = priceIndex,
                Units = 10,
                AmountNanos = amountNanos,
            });
        }

        return octets.AsSpan(0, writer.Finish());
    }

    public RatedPosition At(long offset) => new(offset, UsageId, AmountNanos, new AmountTerms(Currency, PriceBasis, VatPermille))
    {
        Account = Account,
        EventTimeMilliseconds = EventTime.ToUnixTimeMilliseconds(),
    };
}
