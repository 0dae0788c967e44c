namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Settings of <see cref="LocalSchemaRegistry"/>.</summary>
public sealed class LocalSchemaRegistryOptions
{
    /// <summary>TCP port on 127.0.0.1, 0 to 65535; 0 picks a free one.</summary>
    public int Port { get; init; }
}
