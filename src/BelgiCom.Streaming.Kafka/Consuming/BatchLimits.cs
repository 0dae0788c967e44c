namespace BelgiCom.Streaming.Kafka;

/// <summary>A batch is full when it reaches the first of these limits.</summary>
/// <param name="MaxRecords">Records.</param>
/// <param name="MaxBytes">Octets of keys and values; the record that passes the limit is still in the batch.</param>
/// <param name="MaxAge">Time after the batch's first record.</param>
internal readonly record struct BatchLimits(int MaxRecords, long MaxBytes, TimeSpan MaxAge)
{
    public static BatchLimits From(ConsumerOptions options) => new(options.BatchMaxRecords, options.BatchMaxBytes, options.BatchMaxAge);
}
