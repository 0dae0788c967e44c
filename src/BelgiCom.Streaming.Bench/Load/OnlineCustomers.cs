using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Tool;
using Microsoft.Extensions.Logging.Abstractions;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// Customers who are charged online: those with even numbers have prepaid money under a price list with sessions, the others a bundle and
/// pay later.
/// </summary>
internal sealed class OnlineCustomers
{
    /// <summary>Money of each prepaid customer in nano-units, more than any run spends: EUR 1,000,000.</summary>
    public const long MoneyNanos = 1_000_000 * Nanos.PerUnit;

    private const string PrepaidOffering = "be-prepaid";

    private readonly SubscriberRef[] _references;

    /// <param name="count">How many.</param>
    /// <param name="keys">Folder of the keys that make pseudonyms.</param>
    public OnlineCustomers(int count, string keys)
    {
        SubscriberPseudonymizer pseudonyms = new(new FileKeyStore(keys));
        _references = [.. Enumerable.Range(0, count).Select(number => pseudonyms.FromMsisdn(Msisdn(number)))];
    }

    /// <summary>Number of a customer's line.</summary>
    public static string Msisdn(int number) => string.Create(CultureInfo.InvariantCulture, $"324700{number:D5}");

    /// <summary>IMSI of a customer's card.</summary>
    public static string Imsi(int number) => string.Create(CultureInfo.InvariantCulture, $"20601{number:D10}");

    /// <summary>Whether a customer has prepaid money, in the home network 206-01; the others are at home in 001-01.</summary>
    public static bool IsPrepaid(int number) => number % 2 == 0;

    /// <summary>Publishes offerings, subscriptions and money.</summary>
    public async Task PublishAsync(FilledCluster cluster, CancellationToken stopping)
    {
        using SchemaRegistryClient schemas = new(new SchemaRegistryOptions { Url = cluster.Registry.ToString() });
        ReferencePublisher publisher = new(
            cluster.Kafka, new ConsumerOptions(), schemas, TimeProvider.System, NullLoggerFactory.Instance);
        await publisher.PublishAsync(CatalogueFolder.Load(SampleFiles.Offerings), stopping);
        await publisher.PublishAsync(
            _references.Select((reference, number) => new Subscription
            {
                SubscriberRef = reference,
                Periods =
                [
                    new Contracts.SubscriptionPeriod
                    {
                        Account = Account(number),
                        Offering = IsPrepaid(number) ? PrepaidOffering : UsageLoad.Offering,
                    },
                ],
            }),
            overwrite: true, stopping);
        int schema = (await cluster.OpenAsync<RatingState>(Topics.RatingState, stopping)).SchemaId;
        QuotaAccountCodec codec = new();
        int[] prepaid = [.. Enumerable.Range(0, _references.Length).Where(IsPrepaid)];
        cluster.Send(prepaid.Length, (place, output) => WriteMoney(prepaid[place], schema, codec, output), stopping);
    }

    private static string Account(int number) => string.Create(CultureInfo.InvariantCulture, $"BE-ONLINE-{number}");

    private void WriteMoney(int number, int schema, QuotaAccountCodec codec, TransactionalOutput output)
    {
        byte[] reference = _references[number].ToByteArray();
        UInt128 owner = BinaryPrimitives.ReadUInt128BigEndian(reference)
            ^ BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Account(number))));
        RatingStateView view = codec.View(owner, new QuotaAccount
        {
            Currency = Currency.Of("EUR"u8),
            Reservation = new ReservationState { MoneyNanos = MoneyNanos },
        });
        byte[] value = new byte[WireFormat.HeaderSize + view.MaxSize];
        WireFormat.WriteHeader(value, schema);
        int length = WireFormat.HeaderSize + view.Write(value.AsSpan(WireFormat.HeaderSize));
        output.Produce(
            Topics.RatingState, KeyPartition.Of(reference, FilledCluster.Partitions),
            UsageEvents.ToSubscriberRef(owner).ToByteArray(), value.AsSpan(0, length));
    }
}
