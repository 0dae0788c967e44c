using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Our own CSV layouts, as <c>belgicom generate</c> writes them. A file is one of these only when its header has all the columns; other
/// layouts need a configured map.
/// </summary>
public static class CsvLayouts
{
    /// <summary>Calls.</summary>
    public static CsvUsageFormat Voice { get; } = Make("voice-csv", UsageKind.Voice, new()
    {
        ["StartTime"] = "call_start",
        ["DurationSeconds"] = "call_seconds",
        ["OtherParty"] = "other_party",
        ["Direction"] = "direction",
    });

    /// <summary>Messages.</summary>
    public static CsvUsageFormat Sms { get; } = Make("sms-csv", UsageKind.Sms, new()
    {
        ["StartTime"] = "sms_time",
        ["OtherParty"] = "other_party",
        ["Direction"] = "direction",
    });

    /// <summary>Data sessions.</summary>
    public static CsvUsageFormat Data { get; } = Make("data-csv", UsageKind.Data, new()
    {
        ["StartTime"] = "data_start",
        ["DurationSeconds"] = "data_seconds",
        ["Uplink"] = "uplink_bytes",
        ["Downlink"] = "downlink_bytes",
        ["RatingGroup"] = "rating_group",
        ["DataNetwork"] = "apn",
    });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CsvUsageFormat> All { get; } = [Voice, Sms, Data];

    private static CsvUsageFormat Make(string name, UsageKind kind, Dictionary<string, string> columns)
    {
        CsvColumnMap map = new() { Kind = kind, Originating = { "MO" }, Terminating = { "MT" } };
        columns["Msisdn"] = "msisdn";
        columns["Imsi"] = "imsi";
        columns["ServingPlmn"] = "serving_plmn";
        columns["Node"] = "node";
        columns["RecordId"] = "record_id";
        foreach ((string field, string column) in columns)
        {
            map.Columns.Add(field, column);
        }

        return new CsvUsageFormat(name, map);
    }
}
