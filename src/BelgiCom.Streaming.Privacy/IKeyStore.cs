using System.Globalization;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// Holds data keys. Deleting a key erases everything that was encrypted with it, in every copy. So a store never hands out a deleted key,
/// and never gives its id to another key. Safe for many threads and processes.
/// </summary>
public interface IKeyStore
{
    /// <summary>The key of a purpose and scope; it is made when there is none. All callers get the same key.</summary>
    /// <param name="purpose">What it is for, for example <see cref="KeyPurposes.PersonalData"/>. Keys of two purposes differ.</param>
    /// <param name="scope">What is erased together: a day "yyyy-MM-dd", or empty for a key without an end. Never personal data.</param>
    DataKey GetOrCreate(string purpose, string scope);

    /// <summary>The key with this id; null when it was deleted or never existed.</summary>
    DataKey? Find(string keyId);

    /// <summary>The key of a purpose and scope; null when it was deleted or never made. It is not made.</summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="scope">What is erased together.</param>
    DataKey? Find(string purpose, string scope);

    /// <summary>Deletes a key for good; false when there is no such key. May be repeated.</summary>
    bool Delete(string keyId);
}

/// <summary>What keys are for; one key is never used for two of these.</summary>
public static class KeyPurposes
{
    /// <summary>HMAC key of the subscriber references. It has no scope, because a new key would orphan every balance.</summary>
    public const string Rating = "rating";

    /// <summary>
    /// Encrypts the personal identifiers in usage and quarantine; scope is the UTC day of writing, <see cref="Day"/>. Retention deletes it
    /// when nothing that may still be kept needs it.
    /// </summary>
    public const string PersonalData = "personal-data";

    /// <summary>
    /// HMAC key of the hashes by which files are known again: a file may hold one record. It has no scope, because a file may come again
    /// at any time.
    /// </summary>
    public const string FileContent = "file-content";

    /// <summary>HMAC key of the pseudonyms inside the archive, so that they match no pseudonym elsewhere. It has no scope.</summary>
    public const string RetentionPerson = "retention-person";

    /// <summary>HMAC key that seals the checkpoints of journals. It has no scope.</summary>
    public const string AuditCheckpoint = "audit-checkpoint";

    /// <summary>Scope of what is erased by the day: "yyyy-MM-dd".</summary>
    public static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Encrypts what one archive keeps under a legal class; scope is the day on which the period begins.</summary>
    /// <param name="archive">Id of the archive: two archives never share a key.</param>
    /// <param name="retentionClass">Name of the class.</param>
    public static string Retention(string archive, string retentionClass) => $"retention-{archive}-{retentionClass}";

    /// <summary>Encrypts what one archive keeps for legal holds; scope is the id of the hold.</summary>
    /// <param name="archive">Id of the archive.</param>
    public static string RetentionHold(string archive) => $"retention-{archive}-hold";
}
