using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Audit.Tests;

/// <summary>
/// Whatever the files of a journal hold, verification says what is wrong, and opening them ends with the one typed exception.
/// </summary>
public sealed class JournalMutationTests : IDisposable
{
    private const string Stream = "test";
    private static readonly FuzzLimits Limits = new(Runs: 200, Octets: 4 << 20, OctetsPerOctet: 64) { Slowness = 50 };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("journal-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("entries")]
    [InlineData("checkpoints")]
    [InlineData("published")]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void File_MutatedAtRandom_IsVerifiedOrRefused(string file)
    {
        FileKeyStore keys = new(Path.Combine(_folder.FullName, "keys"));
        string directory = Path.Combine(_folder.FullName, "journal");
        using (AuditJournal journal = AuditJournal.Open(directory, Stream, keys))
        {
            for (int i = 0; i < 5; i++)
            {
                journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", $"object {i}", "decision", "correlation");
            }

            journal.Published = 3;
        }

        string path = Path.Combine(directory, file);
        Dictionary<string, byte[]> good = Directory.GetFiles(directory).ToDictionary(name => name, File.ReadAllBytes);
        Fuzz.Run($"journal-{file}", [good[path]], content =>
        {
            foreach ((string name, byte[] octets) in good)
            {
                File.WriteAllBytes(name, name == path ? content : octets);
            }

            AuditVerification verification = AuditJournal.Verify(directory, Stream, keys);
            Assert.InRange(verification.Entries, 0, 5);
            _ = ReadAll(directory);
            Assert.True(IsOpened(directory, keys) || !content.AsSpan().SequenceEqual(good[path]), "An untouched journal does not open.");
        }, Limits);
    }

    private static int ReadAll(string directory)
    {
        try
        {
            return AuditJournal.Read(directory).Count();
        }
        catch (AuditException)
        {
            return -1;
        }
    }

    private static bool IsOpened(string directory, FileKeyStore keys)
    {
        try
        {
            using AuditJournal journal = AuditJournal.Open(directory, Stream, keys);
            journal.Append(DateTimeOffset.UnixEpoch, "actor", "action", "object", "decision", "correlation");
            return true;
        }
        catch (AuditException)
        {
            return false;
        }
    }
}
