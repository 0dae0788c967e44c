using System.Collections.Concurrent;
using System.Security.Cryptography;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Keys that exist while one process reads files and rates them: nobody can tell afterwards whose usage a reference named.
/// </summary>
internal sealed class KeysOfOneRun : IKeyStore
{
    private readonly ConcurrentDictionary<(string Purpose, string Scope), DataKey> _keys = new();

    /// <inheritdoc/>
    public DataKey GetOrCreate(string purpose, string scope) => _keys.GetOrAdd(
        (purpose, scope), static name => new DataKey($"{name.Purpose}-{name.Scope}", RandomNumberGenerator.GetBytes(DataKey.Size)));

    /// <inheritdoc/>
    public DataKey? Find(string keyId) => _keys.Values.FirstOrDefault(key => key.Id == keyId);

    /// <inheritdoc/>
    public DataKey? Find(string purpose, string scope) => _keys.GetValueOrDefault((purpose, scope));

    /// <inheritdoc/>
    public bool Delete(string keyId) => Find(keyId) is not null && _keys.Any(key => key.Value.Id == keyId && _keys.TryRemove(key));
}
