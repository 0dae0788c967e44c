namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Fetch: the path on which data leave the broker. When there is not enough data, the answer waits; it is written anew when a partition
/// wakes it: on an append, and for read_committed when the last stable offset moves. Fetch sessions are declined (session 0), so every
/// request names all its partitions.
/// </summary>
internal sealed class FetchRequests(TopicStore topics)
{
    public void Fetch(Request request, CancellationToken stopping)
    {
        FetchBody body = FetchBody.Read(request);
        int start = request.Writer.Position;
        bool answered = Write(request, body) || body.MaxWaitMs <= 0;
        for (long deadline = Environment.TickCount64 + body.MaxWaitMs; !answered;)
        {
            using FetchSignal signal = new(body.CommittedOnly);
            HashSet<PartitionLog> watched = Watch(body, signal);
            try
            {
                // The answer is written once more after watching began, because an append in between would go unnoticed otherwise.
                request.Writer.TruncateTo(start);
                answered = Write(request, body);
                while (!answered && !signal.IsRaised)
                {
                    TimeSpan remaining = TimeSpan.FromMilliseconds(deadline - Environment.TickCount64);
                    answered = remaining <= TimeSpan.Zero || request.ClientHasGone();
                    if (!answered)
                    {
                        signal.Wait(remaining < Request.LookInterval ? remaining : Request.LookInterval, stopping);
                    }
                }
            }
            finally
            {
                foreach (PartitionLog log in watched)
                {
                    log.RemoveWaiter(signal);
                }
            }
        }
    }

    /// <summary>Waits at each partition once, however often the request names it.</summary>
    private HashSet<PartitionLog> Watch(FetchBody body, FetchSignal signal)
    {
        HashSet<PartitionLog> watched = new();
        foreach (FetchTopic topic in body.Topics)
        {
            foreach (FetchPartition wanted in topic.Partitions)
            {
                if (topics.Find(topic.Name, wanted.Partition) is { } log && watched.Add(log))
                {
                    log.AddWaiter(signal);
                }
            }
        }

        return watched;
    }

    /// <summary>Writes the answer. True when it may go out now: enough bytes, or an error that the client must hear of.</summary>
    private bool Write(Request request, FetchBody body)
    {
        ProtocolWriter writer = request.Writer;
        writer.WriteInt32(0);
        if (request.Version >= 7)
        {
            writer.WriteError(body.SessionId == 0 ? ErrorCode.None : ErrorCode.FetchSessionIdNotFound);
            writer.WriteInt32(0);
        }

        int recordBytes = 0;
        bool failed = body.SessionId != 0;
        writer.WriteArrayLength(failed ? 0 : body.Topics.Count);
        foreach (FetchTopic topic in failed ? [] : body.Topics)
        {
            writer.WriteString(topic.Name);
            writer.WriteArrayLength(topic.Partitions.Count);
            Topic? found = topics.Find(topic.Name);
            foreach (FetchPartition wanted in topic.Partitions)
            {
                failed |= !TryWritePartition(request, body, found?.Find(wanted.Partition), wanted, ref recordBytes);
            }
        }

        return failed || recordBytes >= body.MinBytes;
    }

    private static bool TryWritePartition(Request request, FetchBody body, PartitionLog? log, FetchPartition wanted, ref int recordBytes)
    {
        LogSlice slice = log is null ? new LogSlice(ErrorCode.UnknownTopicOrPartition, -1, -1, -1)
            : wanted.LeaderEpoch > PartitionLog.LeaderEpoch ? new LogSlice(ErrorCode.UnknownLeaderEpoch, -1, -1, -1)
            : log.Slice(wanted.Offset, Math.Min(wanted.MaxBytes, body.MaxBytes - recordBytes), body.CommittedOnly);
        ProtocolWriter writer = request.Writer;
        writer.WriteInt32(wanted.Partition);
        writer.WriteError(slice.Error);
        writer.WriteInt64(slice.EndOffset);
        writer.WriteInt64(slice.LastStableOffset);
        if (request.Version >= 5)
        {
            writer.WriteInt64(slice.LogStartOffset);
        }

        WriteAborted(writer, slice.Aborted);
        if (request.Version >= 11)
        {
            writer.WriteInt32(-1);
        }

        int lengthPosition = writer.Position;
        writer.WriteInt32(0);
        int written = slice.CopyTo(writer, atLeastOne: recordBytes == 0);
        writer.PatchInt32(lengthPosition, written);
        recordBytes += written;
        return slice.Error == ErrorCode.None;
    }

    private static void WriteAborted(ProtocolWriter writer, IReadOnlyList<AbortedTransaction>? aborted)
    {
        writer.WriteArrayLength(aborted?.Count ?? -1);
        foreach (AbortedTransaction transaction in aborted ?? [])
        {
            writer.WriteInt64(transaction.ProducerId);
            writer.WriteInt64(transaction.FirstOffset);
        }
    }
}
