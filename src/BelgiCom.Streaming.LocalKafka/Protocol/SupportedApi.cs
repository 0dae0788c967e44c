namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// One line of the versions that the broker advertises. The broker dictates the versions: as it stays below the flexible ones (compact
/// lengths, tagged fields), only five requests need that encoding; for these, the first flexible version is given.
/// </summary>
internal sealed record SupportedApi(ApiKey Key, short MinVersion, short MaxVersion, short FirstFlexibleVersion = short.MaxValue)
{
    public static readonly IReadOnlyList<SupportedApi> All =
    [
        new(ApiKey.Produce, 3, 8),
        new(ApiKey.Fetch, 4, 11),
        new(ApiKey.ListOffsets, 1, 5),
        new(ApiKey.Metadata, 0, 10, FirstFlexibleVersion: 9),
        new(ApiKey.OffsetCommit, 2, 7),
        new(ApiKey.OffsetFetch, 1, 7, FirstFlexibleVersion: 6),
        new(ApiKey.FindCoordinator, 0, 2),
        new(ApiKey.JoinGroup, 0, 5),
        new(ApiKey.Heartbeat, 0, 3),
        new(ApiKey.LeaveGroup, 0, 3),
        new(ApiKey.SyncGroup, 0, 3),
        new(ApiKey.DescribeGroups, 0, 4),
        new(ApiKey.ListGroups, 0, 2),
        new(ApiKey.ApiVersions, 0, 3, FirstFlexibleVersion: 3),
        new(ApiKey.CreateTopics, 0, 4),
        new(ApiKey.DeleteTopics, 0, 3),
        new(ApiKey.DeleteRecords, 0, 1),
        new(ApiKey.InitProducerId, 0, 4, FirstFlexibleVersion: 2),
        new(ApiKey.OffsetForLeaderEpoch, 2, 3),
        new(ApiKey.AddPartitionsToTxn, 0, 1),
        new(ApiKey.AddOffsetsToTxn, 0, 1),
        new(ApiKey.EndTxn, 0, 1),
        new(ApiKey.TxnOffsetCommit, 0, 3, FirstFlexibleVersion: 3),
        new(ApiKey.DescribeConfigs, 0, 2),
        new(ApiKey.CreatePartitions, 0, 1),
        new(ApiKey.DeleteGroups, 0, 1),
        new(ApiKey.IncrementalAlterConfigs, 0, 0),
    ];

    private static readonly Dictionary<ApiKey, SupportedApi> ByKey = All.ToDictionary(api => api.Key);

    public static SupportedApi? Find(ApiKey key) => ByKey.GetValueOrDefault(key);

    public bool Supports(short version) => version >= MinVersion && version <= MaxVersion;

    public bool IsFlexible(short version) => version >= FirstFlexibleVersion;
}
