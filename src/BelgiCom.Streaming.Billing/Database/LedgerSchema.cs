namespace BelgiCom.Streaming.Billing;

/// <summary>
/// The ledger's tables, as numbered migrations. A migration that has been released is never changed, only followed by another.
/// </summary>
internal static class LedgerSchema
{
    public static string[] Migrations(SchemaWords words) =>
    [
        $"""
        CREATE TABLE position (
            stream {words.Identity},
            topic TEXT NOT NULL,
            partition BIGINT NOT NULL,
            next_offset BIGINT NOT NULL,
            UNIQUE (topic, partition));

        CREATE TABLE source_file (
            source_file {words.Identity},
            file_id {words.Blob} NOT NULL,
            source TEXT NOT NULL,
            node TEXT NOT NULL,
            file_name TEXT NOT NULL,
            file_sequence_number BIGINT NOT NULL,
            UNIQUE (file_id, source, node));

        CREATE TABLE run (
            run {words.Identity},
            started_at BIGINT NOT NULL);

        CREATE TABLE billed_line (
            stream BIGINT NOT NULL,
            rated_offset BIGINT NOT NULL,
            usage_id {words.Blob} NOT NULL,
            account TEXT NOT NULL,
            offering TEXT NOT NULL,
            offering_version BIGINT NOT NULL,
            kind BIGINT NOT NULL,
            event_time BIGINT NOT NULL,
            charged_units BIGINT NOT NULL,
            bundle_units BIGINT NOT NULL,
            amount_nanos BIGINT NOT NULL,
            currency TEXT NOT NULL,
            rounding_policy BIGINT NOT NULL,
            period BIGINT NOT NULL,
            received_partition BIGINT NOT NULL,
            received_offset BIGINT NOT NULL,
            source_file BIGINT NOT NULL,
            record_index BIGINT NOT NULL,
            container_index BIGINT NOT NULL,
            bill_close BIGINT NULL,
            PRIMARY KEY (stream, rated_offset)) {words.ClusteredTable};
        CREATE UNIQUE INDEX billed_line_usage_id ON billed_line (usage_id);

        CREATE TABLE control_total (
            run BIGINT NOT NULL,
            day BIGINT NOT NULL,
            stream BIGINT NOT NULL,
            outcome BIGINT NOT NULL,
            currency TEXT NOT NULL,
            records BIGINT NOT NULL,
            octets BIGINT NOT NULL,
            seconds BIGINT NOT NULL,
            amount_nanos BIGINT NOT NULL,
            hash_total BIGINT NOT NULL,
            PRIMARY KEY (run, day, stream, outcome, currency)) {words.ClusteredTable};

        CREATE TABLE bill_close (
            bill_close BIGINT PRIMARY KEY,
            period BIGINT NOT NULL,
            closed_at BIGINT NOT NULL);

        CREATE TABLE bill_line (
            bill_close BIGINT NOT NULL,
            account TEXT NOT NULL,
            offering TEXT NOT NULL,
            kind BIGINT NOT NULL,
            period BIGINT NOT NULL,
            currency TEXT NOT NULL,
            usage_events BIGINT NOT NULL,
            charged_units BIGINT NOT NULL,
            amount_nanos BIGINT NOT NULL,
            amount_cents BIGINT NOT NULL,
            PRIMARY KEY (bill_close, account, offering, kind, period, currency)) {words.ClusteredTable};

        CREATE VIEW billed_usage AS
        SELECT l.usage_id, l.account, l.offering, l.offering_version,
               CASE l.kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' ELSE 'UNKNOWN' END AS kind,
               {words.TimeOfMilliseconds} AS event_time_utc, l.period, l.charged_units, l.bundle_units,
               {words.DecimalOfNanos} AS amount, l.currency, l.rounding_policy, l.bill_close,
               p.topic AS rated_topic, p.partition AS rated_partition, l.rated_offset, l.received_partition, l.received_offset,
               f.source, f.node, f.file_id, f.file_name, f.file_sequence_number, l.record_index, l.container_index
        FROM billed_line l JOIN position p ON p.stream = l.stream JOIN source_file f ON f.source_file = l.source_file;

        CREATE VIEW bill AS
        SELECT bill_close, account, offering,
               CASE kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' ELSE 'UNKNOWN' END AS kind,
               period, usage_events, charged_units, {words.DecimalOfCents} AS amount, currency
        FROM bill_line;
        """,
    ];
}
