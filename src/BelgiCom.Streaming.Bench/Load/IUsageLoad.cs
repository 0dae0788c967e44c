namespace BelgiCom.Streaming.Bench;

/// <summary>Any number of different events for a benchmark.</summary>
internal interface IUsageLoad
{
    /// <summary>The value of an event; valid until <see cref="UsageLoad.Templates"/> further ones were asked for.</summary>
    byte[] Value(long number);
}
