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
        SumsAndConflicts(words),
        Decisions(words),
        """
        ALTER TABLE billed_line ADD COLUMN content_fingerprint BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE conflicting_line ADD COLUMN content_fingerprint BIGINT NOT NULL DEFAULT 0;
        """,
        BasisAndVat(words),
        LinesOfEveryKind(words),
        Notifications(words),
        PrepaidLines(words),
        Corrections(words),
        PartsOfOfferings(words),
    ];

    /// <summary>
    /// Sums get 128 bits, a position remembers the topic's id, and usage that comes again with other content has a table of its own.
    /// </summary>
    private static string SumsAndConflicts(SchemaWords words) =>
        $"""
        ALTER TABLE position ADD COLUMN topic_id TEXT NOT NULL DEFAULT '';

        CREATE TABLE conflicting_line AS SELECT * FROM billed_line LIMIT 0;
        CREATE UNIQUE INDEX conflicting_line_position ON conflicting_line (stream, rated_offset);
        CREATE INDEX conflicting_line_usage_id ON conflicting_line (usage_id);

        ALTER TABLE control_total RENAME TO control_total_64;
        CREATE TABLE control_total (
            run BIGINT NOT NULL,
            day BIGINT NOT NULL,
            stream BIGINT NOT NULL,
            outcome BIGINT NOT NULL,
            currency TEXT NOT NULL,
            records BIGINT NOT NULL,
            octets {words.Sum} NOT NULL,
            seconds {words.Sum} NOT NULL,
            amount_nanos {words.Sum} NOT NULL,
            hash_total BIGINT NOT NULL,
            PRIMARY KEY (run, day, stream, outcome, currency)) {words.ClusteredTable};
        INSERT INTO control_total
        SELECT run, day, stream, outcome, currency, records, CAST(octets AS {words.Sum}), CAST(seconds AS {words.Sum}),
               CAST(amount_nanos AS {words.Sum}), hash_total
        FROM control_total_64;
        DROP TABLE control_total_64;

        DROP VIEW bill;
        ALTER TABLE bill_line RENAME TO bill_line_64;
        CREATE TABLE bill_line (
            bill_close BIGINT NOT NULL,
            account TEXT NOT NULL,
            offering TEXT NOT NULL,
            kind BIGINT NOT NULL,
            period BIGINT NOT NULL,
            currency TEXT NOT NULL,
            usage_events BIGINT NOT NULL,
            charged_units {words.Sum} NOT NULL,
            amount_nanos {words.Sum} NOT NULL,
            amount_cents {words.Sum} NOT NULL,
            PRIMARY KEY (bill_close, account, offering, kind, period, currency)) {words.ClusteredTable};
        INSERT INTO bill_line
        SELECT bill_close, account, offering, kind, period, currency, usage_events, CAST(charged_units AS {words.Sum}),
               CAST(amount_nanos AS {words.Sum}), CAST(amount_cents AS {words.Sum})
        FROM bill_line_64;
        DROP TABLE bill_line_64;

        CREATE VIEW bill AS
        SELECT bill_close, account, offering,
               CASE kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' ELSE 'UNKNOWN' END AS kind,
               period, usage_events, charged_units, {words.DecimalOfCentsSum} AS amount, currency
        FROM bill_line;

        CREATE VIEW conflict AS
        SELECT l.usage_id, l.account, c.account AS other_account, l.event_time, c.event_time AS other_event_time,
               l.charged_units, c.charged_units AS other_charged_units, l.amount_nanos, c.amount_nanos AS other_amount_nanos,
               l.currency, c.currency AS other_currency, p.topic AS other_topic, p.partition AS other_partition,
               c.rated_offset AS other_rated_offset
        FROM conflicting_line c JOIN billed_line l ON l.usage_id = c.usage_id JOIN position p ON p.stream = c.stream;
        """;

    /// <summary>
    /// What somebody decided on usage that is in conflict with a line, by the position of its rated record. It is there before that record
    /// when the ledger is built anew.
    /// </summary>
    private static string Decisions(SchemaWords words) =>
        $"""
        CREATE TABLE decided_line (
            stream BIGINT NOT NULL,
            rated_offset BIGINT NOT NULL,
            usage_id {words.Blob} NOT NULL,
            own_id {words.Blob} NULL,
            PRIMARY KEY (stream, rated_offset)) {words.ClusteredTable};

        DROP VIEW conflict;
        CREATE VIEW conflict AS
        SELECT l.usage_id, l.account, c.account AS other_account, l.event_time, c.event_time AS other_event_time,
               l.charged_units, c.charged_units AS other_charged_units, l.amount_nanos, c.amount_nanos AS other_amount_nanos,
               l.currency, c.currency AS other_currency, p.topic AS other_topic, p.partition AS other_partition,
               c.rated_offset AS other_rated_offset, CASE WHEN d.stream IS NULL THEN 'waits' ELSE 'discarded' END AS state
        FROM conflicting_line c JOIN billed_line l ON l.usage_id = c.usage_id JOIN position p ON p.stream = c.stream
             LEFT JOIN decided_line d ON d.stream = c.stream AND d.rated_offset = c.rated_offset;
        """;

    /// <summary>
    /// A line and every total say whether their amounts are without VAT (0) or with it (1), and at which rate. What is there is without
    /// VAT, at a rate that nobody kept (-1).
    /// </summary>
    private static string BasisAndVat(SchemaWords words) =>
        $"""
        ALTER TABLE billed_line ADD COLUMN price_basis BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE billed_line ADD COLUMN vat_permille BIGINT NOT NULL DEFAULT -1;
        ALTER TABLE conflicting_line ADD COLUMN price_basis BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE conflicting_line ADD COLUMN vat_permille BIGINT NOT NULL DEFAULT -1;

        ALTER TABLE control_total RENAME TO control_total_net;
        CREATE TABLE control_total (
            run BIGINT NOT NULL,
            day BIGINT NOT NULL,
            stream BIGINT NOT NULL,
            outcome BIGINT NOT NULL,
            currency TEXT NOT NULL,
            price_basis BIGINT NOT NULL,
            vat_permille BIGINT NOT NULL,
            records BIGINT NOT NULL,
            octets {words.Sum} NOT NULL,
            seconds {words.Sum} NOT NULL,
            amount_nanos {words.Sum} NOT NULL,
            hash_total BIGINT NOT NULL,
            PRIMARY KEY (run, day, stream, outcome, currency, price_basis, vat_permille)) {words.ClusteredTable};
        INSERT INTO control_total
        SELECT run, day, stream, outcome, currency, 0, -1, records, octets, seconds, amount_nanos, hash_total FROM control_total_net;
        DROP TABLE control_total_net;

        DROP VIEW bill;
        ALTER TABLE bill_line RENAME TO bill_line_net;
        CREATE TABLE bill_line (
            bill_close BIGINT NOT NULL,
            account TEXT NOT NULL,
            offering TEXT NOT NULL,
            kind BIGINT NOT NULL,
            period BIGINT NOT NULL,
            currency TEXT NOT NULL,
            price_basis BIGINT NOT NULL,
            vat_permille BIGINT NOT NULL,
            usage_events BIGINT NOT NULL,
            charged_units {words.Sum} NOT NULL,
            amount_nanos {words.Sum} NOT NULL,
            amount_cents {words.Sum} NOT NULL,
            PRIMARY KEY (bill_close, account, offering, kind, period, currency, price_basis, vat_permille)) {words.ClusteredTable};
        INSERT INTO bill_line
        SELECT bill_close, account, offering, kind, period, currency, 0, -1, usage_events, charged_units, amount_nanos, amount_cents
        FROM bill_line_net;
        DROP TABLE bill_line_net;

        CREATE VIEW bill AS
        SELECT bill_close, account, offering,
               CASE kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' ELSE 'UNKNOWN' END AS kind,
               period, usage_events, charged_units, {words.DecimalOfCentsSum} AS amount, currency,
               {BasisOf("price_basis")} AS price_basis, vat_permille
        FROM bill_line;

        DROP VIEW billed_usage;
        CREATE VIEW billed_usage AS
        SELECT l.usage_id, l.account, l.offering, l.offering_version,
               CASE l.kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' ELSE 'UNKNOWN' END AS kind,
               {words.TimeOfMilliseconds} AS event_time_utc, l.period, l.charged_units, l.bundle_units,
               {words.DecimalOfNanos} AS amount, l.currency, l.rounding_policy, l.bill_close,
               p.topic AS rated_topic, p.partition AS rated_partition, l.rated_offset, l.received_partition, l.received_offset,
               f.source, f.node, f.file_id, f.file_name, f.file_sequence_number, l.record_index, l.container_index,
               {BasisOf("l.price_basis")} AS price_basis, l.vat_permille
        FROM billed_line l JOIN position p ON p.stream = l.stream JOIN source_file f ON f.source_file = l.source_file;

        DROP VIEW conflict;
        CREATE VIEW conflict AS
        SELECT l.usage_id, l.account, c.account AS other_account, l.event_time, c.event_time AS other_event_time,
               l.charged_units, c.charged_units AS other_charged_units, l.amount_nanos, c.amount_nanos AS other_amount_nanos,
               l.currency, c.currency AS other_currency, p.topic AS other_topic, p.partition AS other_partition,
               c.rated_offset AS other_rated_offset, CASE WHEN d.stream IS NULL THEN 'waits' ELSE 'discarded' END AS state,
               {BasisOf("l.price_basis")} AS price_basis, {BasisOf("c.price_basis")} AS other_price_basis,
               l.vat_permille, c.vat_permille AS other_vat_permille
        FROM conflicting_line c JOIN billed_line l ON l.usage_id = c.usage_id JOIN position p ON p.stream = c.stream
             LEFT JOIN decided_line d ON d.stream = c.stream AND d.rated_offset = c.rated_offset;
        """;

    /// <summary>
    /// Usage names the price by which it was charged, and a bill has lines of fees, discounts and commitments (line_kind, the number of a
    /// PeriodChargeKind) beside those of usage (0). Usage of releases before names no price (-1), their bill lines no version (0).
    /// </summary>
    private static string LinesOfEveryKind(SchemaWords words) =>
        $"""
        ALTER TABLE billed_line ADD COLUMN price_index BIGINT NOT NULL DEFAULT -1;
        ALTER TABLE conflicting_line ADD COLUMN price_index BIGINT NOT NULL DEFAULT -1;

        CREATE TABLE billed_part (
            stream BIGINT NOT NULL,
            rated_offset BIGINT NOT NULL,
            offering_version BIGINT NOT NULL,
            price_index BIGINT NOT NULL,
            priced_units BIGINT NOT NULL,
            amount_nanos BIGINT NOT NULL,
            PRIMARY KEY (stream, rated_offset, offering_version, price_index)) {words.ClusteredTable};

        CREATE TABLE bill_terms (
            offering TEXT NOT NULL,
            offering_version BIGINT NOT NULL,
            bill_close BIGINT NOT NULL,
            terms TEXT NOT NULL,
            PRIMARY KEY (offering, offering_version)) {words.ClusteredTable};

        DROP VIEW bill;
        ALTER TABLE bill_line RENAME TO bill_line_of_usage;
        CREATE TABLE bill_line (
            bill_close BIGINT NOT NULL,
            account TEXT NOT NULL,
            period BIGINT NOT NULL,
            line_kind BIGINT NOT NULL,
            offering TEXT NOT NULL,
            offering_version BIGINT NOT NULL,
            item TEXT NOT NULL,
            kind BIGINT NOT NULL,
            currency TEXT NOT NULL,
            price_basis BIGINT NOT NULL,
            vat_permille BIGINT NOT NULL,
            usage_events BIGINT NOT NULL,
            charged_units {words.Sum} NOT NULL,
            amount_nanos {words.Sum} NOT NULL,
            rounded_nanos {words.Sum} NOT NULL,
            words TEXT NOT NULL,
            PRIMARY KEY (bill_close, account, period, line_kind, offering, offering_version, item, kind, currency, price_basis,
                         vat_permille)) {words.ClusteredTable};
        INSERT INTO bill_line
        SELECT bill_close, account, period, 0, offering, 0, '', kind, currency, price_basis, vat_permille, usage_events, charged_units,
               amount_nanos, {words.NanosOfCents}, ''
        FROM bill_line_of_usage;
        DROP TABLE bill_line_of_usage;

        CREATE VIEW bill AS
        SELECT bill_close, account, period,
               CASE line_kind WHEN 0 THEN 'USAGE' WHEN 1 THEN 'FEE' WHEN 2 THEN 'DISCOUNT' ELSE 'COMMITMENT' END AS line_kind,
               offering, offering_version, item,
               CASE kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' WHEN 4 THEN 'EVENT' ELSE '' END AS kind,
               usage_events, charged_units, {words.DecimalOfRoundedSum} AS amount, currency,
               {BasisOf("price_basis")} AS price_basis, vat_permille, words
        FROM bill_line;
        """;

    /// <summary>The view of bills names lines of usage that prepaid money paid.</summary>
    private static string PrepaidLines(SchemaWords words) =>
        $"""
        DROP VIEW bill;
        CREATE VIEW bill AS
        SELECT bill_close, account, period,
               CASE line_kind WHEN 0 THEN 'USAGE' WHEN 1 THEN 'FEE' WHEN 2 THEN 'DISCOUNT' WHEN 3 THEN 'COMMITMENT' ELSE 'PREPAID' END
                   AS line_kind,
               offering, offering_version, item,
               CASE kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' WHEN 4 THEN 'EVENT' ELSE '' END AS kind,
               usage_events, charged_units, {words.DecimalOfRoundedSum} AS amount, currency,
               {BasisOf("price_basis")} AS price_basis, vat_permille, words
        FROM bill_line;
        """;

    /// <summary>
    /// A line of a correction says which usage it corrects, why, and who decided it; also one of usage that costs nothing now, which has no
    /// line. What a release before corrected is not in it.
    /// </summary>
    private static string Corrections(SchemaWords words) =>
        $"""
        CREATE TABLE correction (
            line_id {words.Blob} NOT NULL PRIMARY KEY,
            stream BIGINT NOT NULL,
            rated_offset BIGINT NOT NULL,
            usage_id {words.Blob} NOT NULL,
            is_reversal BIGINT NOT NULL,
            reason TEXT NOT NULL,
            decided_at BIGINT NOT NULL,
            decided_by TEXT NOT NULL,
            because TEXT NOT NULL) {words.ClusteredTable};
        CREATE INDEX correction_usage_id ON correction (usage_id);

        DROP VIEW billed_usage;
        CREATE VIEW billed_usage AS
        SELECT l.usage_id, l.account, l.offering, l.offering_version,
               CASE l.kind WHEN 1 THEN 'DATA' WHEN 2 THEN 'VOICE' WHEN 3 THEN 'SMS' WHEN 4 THEN 'EVENT' ELSE 'UNKNOWN' END AS kind,
               {words.TimeOfMilliseconds} AS event_time_utc, l.period, l.charged_units, l.bundle_units,
               {words.DecimalOfNanos} AS amount, l.currency, l.rounding_policy, l.bill_close,
               p.topic AS rated_topic, p.partition AS rated_partition, l.rated_offset, l.received_partition, l.received_offset,
               f.source, f.node, f.file_id, f.file_name, f.file_sequence_number, l.record_index, l.container_index,
               {BasisOf("l.price_basis")} AS price_basis, l.vat_permille,
               CASE WHEN c.line_id IS NULL THEN 'USAGE' WHEN c.is_reversal = 1 THEN 'REVERSAL' ELSE 'NEW' END AS line,
               COALESCE(c.usage_id, l.usage_id) AS original_usage_id, c.reason AS correction_reason, c.decided_by, c.because
        FROM billed_line l JOIN position p ON p.stream = l.stream JOIN source_file f ON f.source_file = l.source_file
             LEFT JOIN correction c ON c.line_id = l.usage_id;
        """;

    private static string BasisOf(string column) => $"CASE {column} WHEN 0 THEN 'NET' ELSE 'GROSS' END";

    /// <summary>
    /// A usage event may have parts of an add-on and of the main offering beside it; the offering is empty for parts of the event's own.
    /// </summary>
    private static string PartsOfOfferings(SchemaWords words) =>
        $"""
        ALTER TABLE billed_part RENAME TO billed_part_of_event;
        CREATE TABLE billed_part (
            stream BIGINT NOT NULL,
            rated_offset BIGINT NOT NULL,
            offering TEXT NOT NULL,
            offering_version BIGINT NOT NULL,
            price_index BIGINT NOT NULL,
            priced_units BIGINT NOT NULL,
            amount_nanos BIGINT NOT NULL,
            PRIMARY KEY (stream, rated_offset, offering, offering_version, price_index)) {words.ClusteredTable};
        INSERT INTO billed_part
        SELECT stream, rated_offset, '', offering_version, price_index, priced_units, amount_nanos FROM billed_part_of_event;
        DROP TABLE billed_part_of_event;
        """;

    /// <summary>
    /// The proof of what customers were sent. A record is a row, also one that has the id of another: that there is only one can be seen.
    /// </summary>
    private static string Notifications(SchemaWords words) =>
        $"""
        CREATE TABLE notification (
            stream BIGINT NOT NULL,
            notified_offset BIGINT NOT NULL,
            broker_time BIGINT NOT NULL,
            notification_id {words.Blob} NOT NULL,
            subscriber_ref {words.Blob} NOT NULL,
            account TEXT NOT NULL,
            kind TEXT NOT NULL,
            period_start BIGINT NOT NULL,
            event_time BIGINT NOT NULL,
            usage_id {words.Blob} NOT NULL,
            limit_id TEXT NOT NULL,
            scope TEXT NOT NULL,
            limit_nanos BIGINT NULL,
            limit_basis TEXT NOT NULL,
            is_chosen BIGINT NOT NULL,
            permille BIGINT NOT NULL,
            message TEXT NOT NULL,
            action TEXT NOT NULL,
            spend_nanos BIGINT NOT NULL,
            spend_basis TEXT NOT NULL,
            vat_permille BIGINT NOT NULL,
            currency TEXT NOT NULL,
            legal_basis TEXT NOT NULL,
            offering TEXT NOT NULL,
            offering_version BIGINT NOT NULL,
            PRIMARY KEY (stream, notified_offset)) {words.ClusteredTable};
        CREATE INDEX notification_account ON notification (account);
        CREATE INDEX notification_subscriber_ref ON notification (subscriber_ref);
        CREATE INDEX notification_broker_time ON notification (broker_time);
        """;
}
