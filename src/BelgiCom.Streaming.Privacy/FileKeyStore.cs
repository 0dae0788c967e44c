using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// Keys in a folder, one file each, readable by the owner only. For development: the keys are not encrypted themselves, and a backup of the
/// folder keeps keys whose deletion was meant to erase data. In production a key management service implements <see cref="IKeyStore"/>.
/// </summary>
/// <remarks>
/// A file is named by a keyed hash of purpose and scope, and holds a random number and the key. The id is both, so that a key
/// made again after a deletion has another id. Several processes may share the folder: the first to place a file wins.
/// Without the key of the names no key would be found again and all would be made anew, so the store does not open without it.
/// </remarks>
public sealed class FileKeyStore : IKeyStore
{
    /// <summary>The notice that a host must show to its operator at start.</summary>
    public const string Notice =
        "Keys are in plain files, for development only: use a key management service before real subscribers' data is processed.";

    private const string Extension = ".key";
    private const string NamesFile = "names" + Extension;
    private const string TurnFile = "turn";
    private const int NameSize = 16;
    private const int SerialSize = 8;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string _directory;
    private readonly byte[] _namesKey;

    // The content of a file and its time stamp. The time stamp is compared before each use, because another process may delete a key.
    private readonly ConcurrentDictionary<string, (DateTime Written, DataKey Key)> _read = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Purpose, string Scope), string> _names = new();

    /// <summary>Opens a folder, or makes it for the owner only.</summary>
    /// <exception cref="IOException">The folder cannot be made or written.</exception>
    /// <exception cref="StorageException">The key of the names is damaged, missing although keys lie in the folder, or cannot be
    /// written.</exception>
    public FileKeyStore(string directory)
    {
        _directory = Path.GetFullPath(directory);
        OwnerOnly.CreateFolder(_directory);
        string names = Path.Combine(_directory, NamesFile);
        if (!File.Exists(names))
        {
            Place(names, RandomNumberGenerator.GetBytes(DataKey.Size));
        }

        _namesKey = File.ReadAllBytes(names);
        if (!IsKey(_namesKey, DataKey.Size))
        {
            throw Unusable($"'{NamesFile}' is damaged: {_namesKey.Length} octets, or nothing but zeros");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be read, or is damaged.</exception>
    /// <exception cref="StorageException">A new key cannot be written.</exception>
    public DataKey GetOrCreate(string purpose, string scope)
    {
        string name = _names.GetOrAdd((purpose, scope), NameOf);
        while (true)
        {
            if (Read(name) is { } key)
            {
                return key;
            }

            // Another process may place its file first, or delete ours at once. So the file is read again, whoever wrote it.
            Place(PathOf(name), RandomNumberGenerator.GetBytes(SerialSize + DataKey.Size));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be read, or is damaged.</exception>
    public DataKey? Find(string keyId) =>
        IsKeyId(keyId) && Read(keyId[..(2 * NameSize)]) is { } key && key.Id == keyId ? key : null;

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be read, or is damaged.</exception>
    public DataKey? Find(string purpose, string scope) => Read(NameOf((purpose, scope)));

    /// <inheritdoc/>
    public bool Delete(string keyId)
    {
        if (Find(keyId) is null)
        {
            return false;
        }

        string name = keyId[..(2 * NameSize)];
        File.Delete(PathOf(name));
        FolderEntries.Flush(_directory);
        _read.TryRemove(name, out _);
        return true;
    }

    private DataKey? Read(string name)
    {
        string path = PathOf(name);
        DateTime written = File.GetLastWriteTimeUtc(path);
        if (_read.TryGetValue(name, out (DateTime Written, DataKey Key) known) && known.Written == written)
        {
            return known.Key;
        }

        if (!TryReadFile(path, out byte[] content))
        {
            _read.TryRemove(name, out _);
            return null;
        }

        if (!IsKey(content, SerialSize + DataKey.Size))
        {
            throw new IOException(
                $"The key file '{name}{Extension}' in {_directory} is damaged: {content.Length} octets, or nothing but zeros. Restore it, "
                + "or delete it to erase its data.");
        }

        DataKey key = new($"{name}-{Convert.ToHexStringLower(content.AsSpan(0, SerialSize))}", content.AsSpan(SerialSize));
        CryptographicOperations.ZeroMemory(content);
        _read[name] = (written, key);
        return key;
    }

    private static bool TryReadFile(string path, out byte[] content)
    {
        content = [];
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            content = File.ReadAllBytes(path);
            return true;
        }
        catch (FileNotFoundException)
        {
            // Another process deleted the file in between.
            return false;
        }
    }

    /// <summary>Puts a whole file in place in one step, unless the file exists already.</summary>
    private void Place(string path, byte[] content)
    {
        string temporary = Path.Combine(_directory, $"{Guid.NewGuid():N}.new");
        try
        {
            using FileStream file = OwnerOnly.OpenFile(temporary, FileMode.CreateNew, FileAccess.Write);
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        catch (IOException cause)
        {
            File.Delete(temporary);
            throw new StorageException(
                StorageFault.Refused,
                $"Key store {_directory} cannot be written: {cause.Message.TrimEnd('.')}. No key was made, and nothing is kept without "
                + "one; free space there, or mend its rights or its mount (Keys__Directory).",
                cause);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }

        // On Unix, moving a file without overwriting looks first and then renames: of two that move at once, the second replaces the first.
        // Two processes would then make different pseudonyms of one number. So one after the other looks and moves.
        using FileStream turn = WaitForTurn();
        if (File.Exists(path))
        {
            File.Delete(temporary);
            return;
        }

        // Who places the key of the names is the first in the folder, or the key was lost.
        if (Path.GetFileName(path) == NamesFile && Directory.EnumerateFiles(_directory, "*" + Extension).Any())
        {
            File.Delete(temporary);
            throw Unusable($"'{NamesFile}' is missing although keys lie there");
        }

        File.Move(temporary, path);

        // Without this, a loss of power could take the key away from what is encrypted with it by then.
        FolderEntries.Flush(_directory);
    }

    private StorageException Unusable(string what) => new(
        StorageFault.CannotOpen,
        $"Key store {_directory}: {what}. With a new one every subscriber would get another reference, usage that comes again would be "
        + "billed again, and nothing encrypted could be read. Restore the file from a backup; only to give up all keys, empty the folder "
        + "(Keys__Directory).");

    /// <summary>
    /// Whether content can be a key. A file that was cut or never reached the disk is empty, short or zeros, all of which a hash would
    /// take.
    /// </summary>
    private static bool IsKey(ReadOnlySpan<byte> content, int size) => content.Length == size && content.ContainsAnyExcept((byte)0);

    /// <summary>Waits until no other thread or process places a file. The operating system ends the turn of a process that dies.</summary>
    private FileStream WaitForTurn()
    {
        while (true)
        {
            try
            {
                return OwnerOnly.OpenFile(Path.Combine(_directory, TurnFile), FileMode.OpenOrCreate, FileAccess.Write);
            }
            catch (IOException held) when (FolderLock.IsHeld(held))
            {
                Thread.Sleep(1);
            }
        }
    }

    private string PathOf(string name) => Path.Combine(_directory, name + Extension);

    /// <summary>The name of a key's file, from a keyed hash, so that nobody can guess the scope from a key id.</summary>
    private string NameOf((string Purpose, string Scope) of)
    {
        byte[] hash = HMACSHA256.HashData(_namesKey, Encoding.UTF8.GetBytes($"{of.Purpose.Length}:{of.Purpose}{of.Scope}"));
        return Convert.ToHexStringLower(hash.AsSpan(0, NameSize));
    }

    /// <summary>Key ids come from records, so only ids of our own form may become part of a path.</summary>
    private static bool IsKeyId(string keyId) =>
        keyId.Length == (2 * NameSize) + 1 + (2 * SerialSize)
        && keyId[2 * NameSize] == '-'
        && !keyId.AsSpan(0, 2 * NameSize).ContainsAnyExcept(HexDigits);
}
