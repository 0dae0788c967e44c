namespace BelgiCom.Streaming.Rating;

/// <summary>Says that a checkpoint is complete.</summary>
/// <param name="RatedFrom">Offset of usage.rated.v1 from which restoring reads on.</param>
/// <param name="Partitions">Number of partitions that usage.received.v1 had; 0 when the release that wrote the mark kept none.</param>
public readonly record struct CheckpointMark(long RatedFrom, int Partitions);
