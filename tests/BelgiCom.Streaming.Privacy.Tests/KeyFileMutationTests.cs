using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Storage;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Privacy.Tests;

/// <summary>Whatever the files of a key store hold, it gives keys, or refuses them by name; no octets open as an envelope.</summary>
public sealed class KeyFileMutationTests : IDisposable
{
    private static readonly FuzzLimits Limits = new(Runs: 200, Octets: 4 << 20, OctetsPerOctet: 64) { Slowness = 20 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("names.key")]
    [InlineData("*.key")]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void KeyFile_MutatedAtRandom_GivesAKeyOrIsRefused(string pattern)
    {
        new FileKeyStore(_folder.FullPath).GetOrCreate("purpose", "scope");
        string path = Directory.GetFiles(_folder.FullPath).Single(name =>
            pattern == Path.GetFileName(name) || (pattern != "names.key" && new FileInfo(name).Length > DataKey.Size));
        byte[] good = File.ReadAllBytes(path);
        Fuzz.Run($"key-{(pattern == "names.key" ? "names" : "file")}", [good], content =>
        {
            File.WriteAllBytes(path, content);
            try
            {
                DataKey key = new FileKeyStore(_folder.FullPath).GetOrCreate("purpose", "scope");
                Assert.NotEmpty(key.Id);
            }
            catch (Exception refused) when (refused is StorageException or IOException)
            {
                Assert.Contains(_folder.FullPath, refused.Message, StringComparison.Ordinal);
            }
        }, Limits);
    }

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Envelope_MutatedAtRandom_OpensOnlyAsItWasSealed()
    {
        FileKeyStore keys = new(_folder.FullPath);
        DataKey key = keys.GetOrCreate("purpose", "scope");
        byte[] clear = Encoding.UTF8.GetBytes("what was sealed");
        byte[] good = EnvelopeCipher.Encrypt(key, clear, EnvelopeContext.QuarantinedOriginal);
        Fuzz.Run("envelope", [good], content =>
        {
            bool isOpen;
            byte[] opened = [];
            try
            {
                isOpen = EnvelopeCipher.TryDecrypt(keys, key.Id, content, EnvelopeContext.QuarantinedOriginal, out opened);
            }
            catch (CryptographicException)
            {
                isOpen = false;
            }

            Assert.Equal(content.AsSpan().SequenceEqual(good), isOpen);
            Assert.True(!isOpen || opened.AsSpan().SequenceEqual(clear));
        }, new FuzzLimits(Runs: 2_000, Octets: 64 << 10, OctetsPerOctet: 8));
    }
}
