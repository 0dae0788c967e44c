using System.Buffers.Binary;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Committed offsets of all groups, and the groups themselves, kept in the topic <c>__consumer_offsets</c> and in memory. Offsets of a
/// transaction are transactional records there and wait for the transaction's marker, so a restart finds committed, pending and aborted
/// offsets unchanged.
/// </summary>
internal sealed class GroupStore
{
    public const string TopicName = InternalTopics.Offsets;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<TopicPartitionName, CommittedOffset>> _committed = new(StringComparer.Ordinal);
    private readonly Dictionary<long, List<OffsetRecord>> _pending = [];
    private readonly Dictionary<string, GroupRecord> _groups = new(StringComparer.Ordinal);
    private readonly PartitionLog _log;
    private readonly LogSettings _settings;

    public GroupStore(TopicStore topics, LogSettings settings)
    {
        _settings = settings;
        _log = topics.OpenInternal(TopicName, InternalTopics.Config);
        _log.Scan(_log.LogStartOffset, Replay);
        topics.Deleted += DeleteTopic;
    }

    public IReadOnlyCollection<string> Groups
    {
        get
        {
            lock (_gate)
            {
                return [.. _committed.Keys];
            }
        }
    }

    /// <summary>The groups as they were last stored.</summary>
    public IReadOnlyCollection<GroupRecord> StoredGroups
    {
        get
        {
            lock (_gate)
            {
                return [.. _groups.Values];
            }
        }
    }

    public void StoreGroup(GroupRecord group)
    {
        lock (_gate)
        {
            _log.AppendFromBroker(group.ToBatch(_settings.NowMs));
            _groups[group.GroupId] = group;
        }
    }

    public bool Knows(string group)
    {
        lock (_gate)
        {
            return _committed.ContainsKey(group);
        }
    }

    public ErrorCode Commit(IReadOnlyList<OffsetRecord> records)
    {
        lock (_gate)
        {
            ErrorCode error = Append(records, RecordBatch.NoProducer, -1);
            if (error == ErrorCode.None)
            {
                Apply(records);
            }

            return error;
        }
    }

    /// <summary>Stores offsets that count when the producer's transaction commits.</summary>
    public ErrorCode CommitInTransaction(IReadOnlyList<OffsetRecord> records, long producerId, short producerEpoch)
    {
        lock (_gate)
        {
            ErrorCode error = Append(records, producerId, producerEpoch);
            if (error == ErrorCode.None)
            {
                PendingOf(producerId).AddRange(records);
            }

            return error;
        }
    }

    /// <summary>Called when the transaction's marker is in the log: its offsets count from now on, or never will.</summary>
    public void EndTransaction(long producerId, bool commit)
    {
        lock (_gate)
        {
            if (_pending.Remove(producerId, out List<OffsetRecord>? records) && commit)
            {
                Apply(records);
            }
        }
    }

    public CommittedOffset? Find(string group, TopicPartitionName partition)
    {
        lock (_gate)
        {
            return _committed.TryGetValue(group, out Dictionary<TopicPartitionName, CommittedOffset>? offsets)
                && offsets.TryGetValue(partition, out CommittedOffset offset)
                ? offset
                : null;
        }
    }

    /// <summary>Whether an open transaction is about to change the offset.</summary>
    public bool IsPending(string group, TopicPartitionName partition)
    {
        lock (_gate)
        {
            return _pending.Values.Any(records => records.Any(record => record.GroupId == group && record.Partition == partition));
        }
    }

    public IReadOnlyList<TopicPartitionName> PartitionsOf(string group)
    {
        lock (_gate)
        {
            return _committed.TryGetValue(group, out Dictionary<TopicPartitionName, CommittedOffset>? offsets) ? [.. offsets.Keys] : [];
        }
    }

    public void DeleteGroup(string group)
    {
        DeleteWhere((name, _) => name == group);
        lock (_gate)
        {
            if (_groups.Remove(group))
            {
                _log.AppendFromBroker(GroupRecord.Tombstone(group, _settings.NowMs));
            }
        }
    }

    private void DeleteTopic(string topic) => DeleteWhere((_, partition) => partition.Topic == topic);

    private void DeleteWhere(Func<string, TopicPartitionName, bool> matches)
    {
        lock (_gate)
        {
            List<OffsetRecord> tombstones = [.. _committed.SelectMany(
                group => group.Value.Keys.Where(partition => matches(group.Key, partition))
                .Select(partition => new OffsetRecord(group.Key, partition, null)))];
            if (tombstones.Count > 0)
            {
                Append(tombstones, RecordBatch.NoProducer, -1);
                Apply(tombstones);
            }
        }
    }

    private ErrorCode Append(IReadOnlyList<OffsetRecord> records, long producerId, short producerEpoch)
    {
        if (records.Count == 0)
        {
            return ErrorCode.None;
        }

        RecordBatchBuilder batch = new();
        for (int i = 0; i < records.Count; i++)
        {
            records[i].AddTo(batch, i, _settings.NowMs);
        }

        bool transactional = producerId != RecordBatch.NoProducer;
        return _log.AppendFromBroker(batch.Build(_settings.NowMs, producerId, producerEpoch, transactional)).Error;
    }

    private void Apply(IReadOnlyList<OffsetRecord> records)
    {
        foreach (OffsetRecord record in records)
        {
            if (record.Offset is { } offset)
            {
                if (!_committed.TryGetValue(record.GroupId, out Dictionary<TopicPartitionName, CommittedOffset>? offsets))
                {
                    _committed.Add(record.GroupId, offsets = []);
                }

                offsets[record.Partition] = offset;
            }
            else if (_committed.TryGetValue(record.GroupId, out Dictionary<TopicPartitionName, CommittedOffset>? offsets))
            {
                offsets.Remove(record.Partition);
                if (offsets.Count == 0)
                {
                    _committed.Remove(record.GroupId);
                }
            }
        }
    }

    private bool Replay(RecordBatch batch)
    {
        if (batch.IsControl)
        {
            EndTransaction(batch.ProducerId, TransactionMarker.IsCommit(batch));
            return true;
        }

        List<OffsetRecord> records = new();
        RecordReader reader = new(batch.Records);
        while (reader.TryReadNext())
        {
            if (BinaryPrimitives.ReadInt16BigEndian(reader.Key) == GroupRecord.KeyVersion)
            {
                ReplayGroup(reader);
            }
            else
            {
                records.Add(OffsetRecord.Read(reader));
            }
        }

        if (batch.IsTransactional)
        {
            PendingOf(batch.ProducerId).AddRange(records);
        }
        else
        {
            Apply(records);
        }

        return true;
    }

    private void ReplayGroup(RecordReader record)
    {
        (string name, GroupRecord? group) = GroupRecord.Read(record);
        if (group is null)
        {
            _groups.Remove(name);
        }
        else
        {
            _groups[name] = group;
        }
    }

    private List<OffsetRecord> PendingOf(long producerId)
    {
        if (!_pending.TryGetValue(producerId, out List<OffsetRecord>? records))
        {
            _pending.Add(producerId, records = []);
        }

        return records;
    }
}
