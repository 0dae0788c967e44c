namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>A broker in its own process or container that the suite can also kill and start again.</summary>
public interface IConformanceBroker : IAsyncLifetime
{
    /// <summary>Why this broker is not there on this machine; null when it is.</summary>
    string? Absence { get; }

    /// <summary>Why <see cref="KillAndRestartAsync"/> is not possible; null when it is.</summary>
    string? CannotBeKilled => null;

    string BootstrapServers { get; }

    /// <summary>Kills the broker as `kill -9` does and starts it again on the same port and data.</summary>
    Task KillAndRestartAsync();
}
