namespace BelgiCom.Streaming.Kafka;

/// <summary>When a batch is full: by whichever limit is met first.</summary>
/// <param name="MaxRecords">Records.</param>
/// <param name="MaxBytes">Octets of keys and values; the record that passes the limit is still taken.</param>
/// <param name="MaxAge">Time after the batch's first record.</param>
internal readonly record struct BatchLimits(int MaxRecords, long MaxBytes, TimeSpan MaxAge)
{
    public static BatchLimits From(ConsumerOptions options) => new(options.BatchMaxRecords, options.BatchMaxBytes, options.BatchMaxAge);
}
