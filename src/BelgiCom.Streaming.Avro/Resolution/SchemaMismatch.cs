namespace BelgiCom.Streaming.Avro;

/// <summary>Why a reader's schema cannot read everything that a writer's can write.</summary>
/// <param name="Reason">The rule in upper-case words, as schema registries name them.</param>
/// <param name="Path">JSON pointer into the reader's schema.</param>
/// <param name="Message">What the two have there.</param>
public sealed record SchemaMismatch(string Reason, string Path, string Message)
{
    /// <summary>As a registry words it.</summary>
    public override string ToString() => $"{Reason} at \"{Path}\": {Message}";
}
