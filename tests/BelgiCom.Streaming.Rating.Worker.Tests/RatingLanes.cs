using System.Buffers;
using System.Globalization;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>A log with a catalogue and subscriptions, and the handlers on it, driven as lanes drive them.</summary>
internal sealed class RatingLanes
{
    public static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-03-20T00:00:00Z", CultureInfo.InvariantCulture);

    public RatingLanes(int partitions = 1)
    {
        Log = new FakeLog(partitions);
        Clock.SetUtcNow(Now);
    }

    public FakeLog Log { get; }

    public FakeRegistry Registry { get; } = new();

    public FakeTimeProvider Clock { get; } = new();

    public RatingOptions Options { get; } = new() { RegistryPatience = TimeSpan.Zero };

    public static SubscriberRef Subscriber(int number) => SubscriberRef.FromHalves(0x5151, (ulong)number);

    public static OfferingVersion Offering(decimal smsPrice = 0.08m) => new()
    {
        Offering = "go",
        Version = 1,
        Name = "Go",
        Currency = "EUR",
        VatPermille = 210,
        Zones = [new RoamingZone { Name = "home", Plmns = ["00101"] }, new RoamingZone { Name = "world", Plmns = ["*"] }],
        Prices =
        [
            new OfferingPrice
            {
                Kind = Contracts.UsageKind.Sms,
                Unit = Contracts.PriceUnit.Message,
                UnitSize = 1,
                UnitPrice = smsPrice,
                Increment = 1,
                Bundle = true,
            },
            new OfferingPrice
            {
                Kind = Contracts.UsageKind.Data,
                Unit = Contracts.PriceUnit.Octet,
                UnitSize = 1 << 20,
                UnitPrice = 0.01m,
                Increment = 1,
                Bundle = true,
            },
        ],
        Bundles = [new Bundle { Kind = Contracts.UsageKind.Data, Units = 1000 }],
        RoamingDataLimit = 1m,
    };

    /// <summary>
    /// The same offering with what is counted beyond the month's balance: messages and octets of bundles, octets of tiers.
    /// </summary>
    /// <summary>The same, paid before use.</summary>
    public static OfferingVersion Prepaid() => Offering() with { PaymentMethod = PaymentMethod.PrePaid };

    public static OfferingVersion PriceList() => Offering() with
    {
        Prices =
        [
            Offering().Prices[0] with { Id = "texts" },
            Offering().Prices[1] with
            {
                Id = "data",
                Model = PriceModel.Graduated,
                Tiers =
                [
                    new PriceTier { UpTo = 500, UnitPrice = 0.02m, UnitSize = 1, Flat = 0.5m },
                    new PriceTier { UpTo = -1, UnitPrice = 0.01m, UnitSize = 1 },
                ],
            },
        ],
        Bundles =
        [
            new Bundle { Id = "texts", Kind = Contracts.UsageKind.Sms, Units = 3 },
            new Bundle { Id = "gift", Kind = Contracts.UsageKind.Data, Units = 1000, ValidFrom = Now.AddDays(-300) },
        ],
    };

    public void Publish(OfferingVersion offering) =>
        Log[Topics.CatalogueTariffs, 0].Add(
            new FakeRecord(
                System.Text.Encoding.UTF8.GetBytes($"{offering.Offering}/{offering.Version}"),
                Value(Topics.CatalogueTariffs, offering.Write)));

    /// <summary>An offering whose members share 1,000 octets a month; messages have an own bundle of three.</summary>
    public static OfferingVersion Family() => PriceList() with
    {
        Offering = "family",
        Prices = [PriceList().Prices[0], Offering().Prices[1] with { Id = "data", UnitSize = 1 }],
        Bundles =
        [
            PriceList().Bundles[0],
            new Bundle { Id = "gb", Kind = Contracts.UsageKind.Data, Units = 1000, Shared = true },
        ],
    };

    /// <summary>Where usage of an account with shared bundles is rated.</summary>
    public int PartitionOf(string account)
    {
        byte[] key = new byte[AccountKey.Size];
        return Log.PartitionOf(AccountKey.Write(System.Text.Encoding.UTF8.GetBytes(account), key));
    }

    public void Subscribe(int subscriber, int partition = 0, string offering = "go", string? account = null) => Subscribe(
        subscriber, partition, [new Contracts.SubscriptionPeriod { Account = account ?? $"BE-{subscriber}", Offering = offering }]);

    public void Subscribe(int subscriber, int partition, IReadOnlyList<Contracts.SubscriptionPeriod> periods)
    {
        Subscription subscription = new() { SubscriberRef = Subscriber(subscriber), Periods = periods };
        Log[Topics.CustomerSubscriptions, partition].Add(
            new FakeRecord(Subscriber(subscriber).ToByteArray(), Value(Topics.CustomerSubscriptions, subscription.Write)));
    }

    /// <summary>Makes one subscriber's reference another name of a second one.</summary>
    public void Name(int alias, int names, int partition = 0)
    {
        Subscription subscription = new()
        {
            SubscriberRef = Subscriber(alias),
            Periods = [new Contracts.SubscriptionPeriod { AliasOf = Subscriber(names) }],
        };
        Log[Topics.CustomerSubscriptions, partition].Add(
            new FakeRecord(Subscriber(alias).ToByteArray(), Value(Topics.CustomerSubscriptions, subscription.Write)));
    }

    public static UsageReceived Sms(int id, int subscriber = 1) => new()
    {
        UsageId = UsageId.FromHalves(0xABCD, (ulong)id),
        SubscriberRef = Subscriber(subscriber),
        Kind = Contracts.UsageKind.Sms,
        Messages = 1,
        EventTime = Now.AddDays(-6),
        EndTime = Now.AddDays(-6),
        ServingPlmn = "00101",
        Direction = Direction.Originating,
        Source = "test",
        Node = "MSC1",
        FileName = "a.csv",
        FileSequenceNumber = 7,
        RecordIndex = id,
        InputHash = -5,
        PersonalDataKeyId = "k",
        PersonalData = [1, 2, 3],
    };

    public static UsageReceived Data(int id, long octets, int subscriber = 1, string network = "00101") => new()
    {
        UsageId = UsageId.FromHalves(0xABCD, (ulong)id),
        SubscriberRef = Subscriber(subscriber),
        Kind = Contracts.UsageKind.Data,
        TotalOctets = octets,
        UplinkOctets = octets / 3,
        DownlinkOctets = octets - (octets / 3),
        EventTime = Now.AddDays(-6),
        EndTime = Now.AddDays(-6),
        ServingPlmn = network,
        RatingGroup = 10,
        Source = "test",
        FileName = "b.cdr",
    };

    public static byte[] Value(string topic, Action<IBufferWriter<byte>> write) => EventValue.Of(FakeRegistry.IdOf(topic), write);

    public void Receive(UsageReceived usage, int partition = 0) => Receive(Value(Topics.UsageReceived, usage.Write), partition);

    public void Receive(byte[] value, int partition = 0, byte[]? key = null) =>
        Log[Topics.UsageReceived, partition].Add(new FakeRecord(key ?? [1, 2, 3], value, Clock.GetUtcNow().ToUnixTimeMilliseconds()));

    public RatingBatchHandler NewHandler(params int[] partitions)
    {
        RatingTopics topics = RatingTopics.OpenAsync(Registry, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        RatingBatchHandler handler = new(Log, Options, topics, Clock, NullLogger.Instance);
        if (partitions.Length > 0)
        {
            handler.Assigned([.. partitions.Select(partition => new TopicPartition(Topics.UsageReceived, partition))]);
        }

        return handler;
    }

    public FakeBatch Batch(int partition, int from, int count) => new(
        [
            .. Enumerable.Range(from, count)
                .Select(offset => (Topics.UsageReceived, partition, offset, Log[Topics.UsageReceived, partition][offset]))]);

    /// <summary>Handles everything on partition 0 from an offset and commits.</summary>
    public void Run(RatingBatchHandler handler, int from = 0)
    {
        FakeTransaction transaction = new(Log);
        handler.Handle(Batch(0, from, Log[Topics.UsageReceived, 0].Count - from), transaction);
        transaction.Commit();
        handler.Committed();
    }

    /// <summary>Lets a handler write what follows from no batch; false when there is nothing.</summary>
    public bool RunIdle(RatingBatchHandler handler, bool isLeaving = false)
    {
        if (!handler.HasIdleWork(isLeaving))
        {
            return false;
        }

        FakeTransaction transaction = new(Log);
        handler.HandleIdle(transaction);
        transaction.Commit();
        handler.Committed();
        return true;
    }

    public IReadOnlyList<UsageRated> Rated =>
        [.. Log.All(Topics.UsageRated).Select(record => UsageRated.Read(record.Value.AsSpan(WireFormat.HeaderSize)))];

    public IReadOnlyList<UsageRejected> Rejected =>
        [.. Log.All(Topics.UsageRejected).Select(record => UsageRejected.Read(record.Value.AsSpan(WireFormat.HeaderSize)))];

    public IReadOnlyList<CustomerNotification> Notifications =>
        [.. Log.All(Topics.CustomerNotifications).Select(record => CustomerNotification.Read(record.Value.AsSpan(WireFormat.HeaderSize)))];
}
