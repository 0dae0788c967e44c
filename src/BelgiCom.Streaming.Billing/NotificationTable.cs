using System.Data.Common;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Billing;

/// <summary>The ledger's table of notifications.</summary>
internal static class NotificationTable
{
    private static readonly DateOnly Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch);

    /// <summary>Writes a notification, in the transaction that moves the position of its partition.</summary>
    public static void Insert(Database database, long stream, NotificationRecord record)
    {
        CustomerNotification sent = record.Notification;
        database.Execute(
            """
            INSERT INTO notification (stream, notified_offset, broker_time, notification_id, subscriber_ref, account, kind, period_start,
                event_time, usage_id, limit_id, scope, limit_nanos, limit_basis, is_chosen, permille, message, action, spend_nanos,
                spend_basis, vat_permille, currency, legal_basis, offering, offering_version)
            VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14, @p15, @p16, @p17, @p18, @p19, @p20,
                @p21, @p22, @p23, @p24)
            """,
            stream, record.Offset, record.BrokerTime.ToUnixTimeMilliseconds(), sent.NotificationId.ToByteArray(),
            sent.SubscriberRef.ToByteArray(), LedgerBatch.TextOf(sent.Account), sent.Kind.ToString(),
            (long)(sent.PeriodStart.DayNumber - Epoch.DayNumber), sent.EventTime.ToUnixTimeMilliseconds(), sent.UsageId.ToByteArray(),
            LedgerBatch.TextOf(sent.Limit), sent.Scope.ToString(),
            sent.LimitAmount is { } amount ? Nanos.FromDecimal(amount) : DBNull.Value, sent.LimitBasis.ToString(),
            sent.IsChosen ? 1L : 0L, (long)sent.Permille, LedgerBatch.TextOf(sent.Notification), sent.Action.ToString(),
            Nanos.FromDecimal(sent.Amount), sent.SpendBasis.ToString(), (long)sent.VatPermille, LedgerBatch.TextOf(sent.Currency),
            LedgerBatch.TextOf(sent.LegalBasis), LedgerBatch.TextOf(sent.Offering), (long)sent.OfferingVersion);
    }

    /// <summary>The notifications of a filter, in the order of their broker times, at most as many as asked for.</summary>
    public static IReadOnlyList<NotificationRecord> Read(Database database, NotificationFilter filter, int most)
    {
        List<object> values = [];
        List<string> conditions = ["1 = 1"];
        Require("n.account = {0}", filter.Account);
        Require("n.broker_time >= {0}", filter.From?.ToUnixTimeMilliseconds());
        Require("n.broker_time < {0}", filter.To?.ToUnixTimeMilliseconds());
        if (filter.Subscribers.Count > 0)
        {
            string[] places = [.. filter.Subscribers.Select(subscriber => Place(subscriber.ToByteArray()))];
            conditions.Add($"n.subscriber_ref IN ({string.Join(", ", places)})");
        }

        return database.Query(
            $"""
            SELECT p.topic, p.partition, n.notified_offset, n.broker_time, n.notification_id, n.subscriber_ref, n.account, n.kind,
                n.period_start, n.event_time, n.usage_id, n.limit_id, n.scope, n.limit_nanos, n.limit_basis, n.is_chosen, n.permille,
                n.message, n.action, n.spend_nanos, n.spend_basis, n.vat_permille, n.currency, n.legal_basis, n.offering,
                n.offering_version
            FROM notification n JOIN position p ON p.stream = n.stream
            WHERE {string.Join(" AND ", conditions)} ORDER BY n.broker_time, p.topic, p.partition, n.notified_offset LIMIT {most}
            """,
            ReadOne, [.. values]);

        string Place(object value)
        {
            values.Add(value);
            return $"@p{values.Count - 1}";
        }

        void Require(string condition, object? value)
        {
            if (value is not null)
            {
                conditions.Add(condition.Replace("{0}", Place(value), StringComparison.Ordinal));
            }
        }
    }

    private static NotificationRecord ReadOne(DbDataReader row) => new(
        row.GetString(0), (int)row.GetInt64(1), row.GetInt64(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        new CustomerNotification
        {
            NotificationId = NotificationId.FromBytes((byte[])row[4]),
            SubscriberRef = SubscriberRef.FromBytes((byte[])row[5]),
            Account = row.GetString(6),
            Kind = Enum.Parse<NotificationKind>(row.GetString(7)),
            PeriodStart = Epoch.AddDays((int)row.GetInt64(8)),
            EventTime = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(9)),
            UsageId = UsageId.FromBytes((byte[])row[10]),
            Limit = row.GetString(11),
            Scope = Enum.Parse<SpendScope>(row.GetString(12)),
            LimitAmount = row.IsDBNull(13) ? null : Nanos.ToDecimal(row.GetInt64(13)),
            LimitBasis = Enum.Parse<PriceBasis>(row.GetString(14)),
            IsChosen = row.GetInt64(15) != 0,
            Permille = (int)row.GetInt64(16),
            Notification = row.GetString(17),
            Action = Enum.Parse<LimitAction>(row.GetString(18)),
            Amount = Nanos.ToDecimal(row.GetInt64(19)),
            SpendBasis = Enum.Parse<PriceBasis>(row.GetString(20)),
            VatPermille = (int)row.GetInt64(21),
            Currency = row.GetString(22),
            LegalBasis = row.GetString(23),
            Offering = row.GetString(24),
            OfferingVersion = (int)row.GetInt64(25),
        });
}
