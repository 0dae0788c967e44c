using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Storage;
using Microsoft.Data.Sqlite;

namespace BelgiCom.Streaming.Retention.Tests;

/// <summary>Damage to the index is noticed before it loses or destroys records.</summary>
public sealed class ArchiveIndexDamageTests : IDisposable
{
    private const int Persons = 40;
    private const int Records = 400;

    private readonly ArchiveFixture _fixture = new();

    private string Index => Path.Combine(_fixture.Folder, "index.db");

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Open_WithoutItsIndex_IsRefusedAndMakesNone()
    {
        Fill();
        File.Delete(Index);

        ArchiveException fault = Assert.Throws<ArchiveException>(_fixture.Open);

        Assert.Contains(Index, fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Index));
    }

    [Fact]
    public void Open_ToReadWithoutItsIndex_NamesTheVerbThatMakesItAnew()
    {
        Fill();
        File.Delete(Index);

        ArchiveException fault = Assert.Throws<ArchiveException>(
            () => CdrArchive.OpenToRead(_fixture.Options, _fixture.Keys, _fixture.Clock));

        Assert.Contains("retention reindex", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithAFileThatIsNoIndex_NamesTheVerbThatMakesItAnew()
    {
        Fill();
        File.WriteAllBytes(Index, new byte[4096]);

        ArchiveException fault = Assert.Throws<ArchiveException>(_fixture.Open);

        Assert.Equal(ArchiveFault.Damaged, fault.Fault);
        Assert.Contains("retention reindex", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithAnIndexOlderThanItsFiles_IsRefused()
    {
        Fill();
        byte[] older = File.ReadAllBytes(Index);
        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        Fill();
        File.WriteAllBytes(Index, older);

        Assert.Contains("does not know", Assert.Throws<ArchiveException>(_fixture.Open).Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A damaged index is refused, or found by the check, or has no effect: no look-up misses records of an archive that is said to be
    /// well.
    /// </summary>
    [Fact]
    public void Open_DamagedIndex_IsNeverSilent()
    {
        const int Seeds = 300;
        Fill();
        _fixture.Clock.Advance(TimeSpan.FromDays(1));
        Fill();
        byte[] intact = File.ReadAllBytes(Index);
        Dictionary<string, byte[]> files = Directory.GetFiles(_fixture.Folder, "*.cdra", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.ReadAllBytes);
        int keys = Directory.GetFiles(_fixture.KeyFolder).Length;
        (int refused, int found) = (0, 0);
        for (int seed = 0; seed < Seeds; seed++)
        {
            byte[] damaged = [.. intact];
            Random random = new(seed);
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(Index, damaged);
            try
            {
                using CdrArchive archive = _fixture.Open();
                if (archive.Verify().Count > 0)
                {
                    found++;
                }
                else
                {
                    AssertWhole(archive, seed);
                }
            }
            catch (Exception fault) when (fault is ArchiveException or StorageException)
            {
                refused++;
            }

            Assert.All(files, file => Assert.True(file.Value.AsSpan().SequenceEqual(File.ReadAllBytes(file.Key)), $"seed {seed}"));
            Assert.Equal(keys, Directory.GetFiles(_fixture.KeyFolder).Length);
            File.Delete(Index + "-wal");
            File.Delete(Index + "-shm");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"of {Seeds}: {refused} refused, {found} found by the check");
        Assert.True(refused > 0 && found > 0);
    }

    [Fact]
    public void Reindex_AfterPersonsWereLost_FindsEverybodyAgain()
    {
        Fill();
        using (SqliteConnection index = new($"Data Source={Index};Pooling=False"))
        {
            index.Open();
            using SqliteCommand command = index.CreateCommand();
            command.CommandText = "DELETE FROM person_block";
            Assert.NotEqual(0, command.ExecuteNonQuery());
        }

        using (CdrArchive archive = _fixture.Open())
        {
            Assert.Empty(_fixture.FindAll(archive, 1).Records);
            Assert.Contains("reindex", Assert.Single(archive.Verify()), StringComparison.Ordinal);
        }

        Assert.Empty(CdrArchive.Reindex(_fixture.Options, _fixture.Keys, _fixture.Clock, "officer-1").Faults);

        using CdrArchive again = _fixture.Open();
        Assert.Empty(again.Verify());
        AssertWhole(again, seed: 0);
    }

    private void Fill()
    {
        _fixture.Options.BlockOctets = 4 * 1024;
        using CdrArchive archive = _fixture.Open();
        _fixture.Receive(
            archive, UsageKind.Sms, Direction.Originating, [.. Enumerable.Range(0, Records).Select(record => record % Persons)]);
    }

    private void AssertWhole(CdrArchive archive, int seed)
    {
        long days = archive.Totals().Records / Records;
        for (int person = 0; person < Persons; person++)
        {
            Assert.True(_fixture.FindAll(archive, person).Records.Count == days * Records / Persons, $"seed {seed}, person {person}");
        }

        Assert.True(archive.NextOffset(Topics.UsageReceived, 0) == days * Records, $"seed {seed}");
    }
}
