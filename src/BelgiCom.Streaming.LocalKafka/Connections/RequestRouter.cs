namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Finds the code that answers a request by its API key. Only fetching and joining a group ever wait.</summary>
internal sealed class RequestRouter(
    ClusterRequests cluster,
    ProduceRequests produce,
    FetchRequests fetch,
    OffsetLookupRequests lookups,
    GroupRequests groups,
    OffsetRequests offsets,
    TransactionRequests transactions,
    TopicRequests topics,
    ConfigRequests configs)
{
    public void Answer(Request request, CancellationToken stopping)
    {
        Action<Request> handler = request.Key switch
        {
            ApiKey.ApiVersions => ClusterRequests.ApiVersions,
            ApiKey.Metadata => cluster.Metadata,
            ApiKey.FindCoordinator => cluster.FindCoordinator,
            ApiKey.Produce => produce.Produce,
            ApiKey.Fetch => waiting => fetch.Fetch(waiting, stopping),
            ApiKey.ListOffsets => lookups.ListOffsets,
            ApiKey.OffsetForLeaderEpoch => lookups.OffsetForLeaderEpoch,
            ApiKey.JoinGroup => joining => groups.Join(joining, stopping),
            ApiKey.SyncGroup => syncing => groups.Sync(syncing, stopping),
            ApiKey.Heartbeat => groups.Heartbeat,
            ApiKey.LeaveGroup => groups.Leave,
            ApiKey.DescribeGroups => groups.Describe,
            ApiKey.ListGroups => groups.List,
            ApiKey.DeleteGroups => groups.Delete,
            ApiKey.OffsetCommit => offsets.Commit,
            ApiKey.OffsetFetch => offsets.Fetch,
            ApiKey.TxnOffsetCommit => offsets.CommitInTransaction,
            ApiKey.InitProducerId => transactions.InitProducerId,
            ApiKey.AddPartitionsToTxn => transactions.AddPartitions,
            ApiKey.AddOffsetsToTxn => transactions.AddOffsets,
            ApiKey.EndTxn => transactions.End,
            ApiKey.CreateTopics => topics.Create,
            ApiKey.DeleteTopics => topics.Delete,
            ApiKey.CreatePartitions => topics.CreatePartitions,
            ApiKey.DeleteRecords => topics.DeleteRecords,
            ApiKey.DescribeConfigs => configs.Describe,
            ApiKey.IncrementalAlterConfigs => configs.Alter,
            _ => throw new MalformedRequestException($"{request.Key} is not offered."),
        };
        handler(request);
    }
}
