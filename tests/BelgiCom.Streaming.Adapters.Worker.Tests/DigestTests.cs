using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Adapters.Worker.Tests;

/// <summary>
/// A digest that leaves in clear must not confirm a number that somebody tries. A short line holds nothing else that is secret, so an
/// unkeyed hash of it would give the number within seconds, even after the key of the line was deleted.
/// </summary>
public sealed class DigestTests : IDisposable
{
    private const string Header = "call_start,call_seconds,msisdn,imsi,other_party,direction,serving_plmn,node,record_id\n";
    private const string Record = "2026-03-14T08:00:00Z,60,999100000001,,999200000001,MO,20601,msc,1\n";
    private const string BadRecord = "never,60,999100000001,,999200000001,MO,20601,msc,2\n";

    private readonly MediationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task ClearFields_OfARecordThatSomebodyGuessed_DoNotConfirmIt()
    {
        const string file = Header + Record + BadRecord;
        FileReport report = await _fixture.MediateAsync(Encoding.ASCII.GetBytes(file), source: "voice-csv");

        UsageReceived usage = Assert.Single(_fixture.Sender.Usage);
        QuarantinedRecord bad = Assert.Single(_fixture.Sender.Quarantined);
        string[] clear =
        [
            Convert.ToHexStringLower(usage.FileId.ToByteArray()), $"{usage.InputHash:x16}", report.Entry.Hash, usage.UsageId.ToString(),
            Convert.ToHexStringLower(bad.OriginalHash), Convert.ToHexStringLower(bad.FileId.ToByteArray()),
        ];
        foreach (string guess in (string[])[file, Record, Record.TrimEnd(), BadRecord, BadRecord.TrimEnd()])
        {
            byte[] octets = Encoding.ASCII.GetBytes(guess);
            string[] hashes =
            [
                Convert.ToHexStringLower(SHA256.HashData(octets)), $"{XxHash64.HashToUInt64(octets):x16}",
                $"{XxHash3.HashToUInt64(octets):x16}",
            ];
            Assert.DoesNotContain(hashes, hash => clear.Any(
                field => hash.StartsWith(field, StringComparison.OrdinalIgnoreCase)
                    || field.StartsWith(hash, StringComparison.OrdinalIgnoreCase)));
        }
    }

    [Fact]
    public async Task Digests_OfARecord_EndWithTheKeyOfItsDay()
    {
        byte[] file = Encoding.ASCII.GetBytes(Header + Record + BadRecord);
        await _fixture.MediateAsync(file, source: "voice-csv");
        UsageReceived usage = Assert.Single(_fixture.Sender.Usage);
        QuarantinedRecord bad = Assert.Single(_fixture.Sender.Quarantined);
        RecordDigest ofTheDay = new(_fixture.Keys.Find(usage.PersonalDataKeyId)!);
        Assert.Equal(usage.InputHash, ofTheDay.Short(Encoding.ASCII.GetBytes(Record)));
        Assert.Equal(bad.OriginalHash, ofTheDay.Full(Encoding.ASCII.GetBytes(BadRecord)));

        Assert.True(_fixture.Keys.Delete(usage.PersonalDataKeyId));
        DataKey next = _fixture.Keys.GetOrCreate(KeyPurposes.PersonalData, "2026-03-15");
        Assert.NotEqual(usage.InputHash, new RecordDigest(next).Short(Encoding.ASCII.GetBytes(Record)));
    }

    /// <summary>
    /// Which emergency number or helpline was called is not in clear (also behind a country code), and neither are names and short numbers
    /// without a price of their own. Of others the first eight digits are, but never the last four.
    /// </summary>
    [Theory]
    [InlineData("112", "", "0")]
    [InlineData("1813", "", "0")]
    [InlineData("1712", "", "0")]
    [InlineData("116000", "", "0")]
    [InlineData("1207", "", "1207")]
    [InlineData("1733", "", "")]
    [InlineData("32116000", "", "")]
    [InlineData("BANK", "", "")]
    [InlineData("99912345", "", "")]
    [InlineData("999123456", "99912", "")]
    [InlineData("99912345678", "9991234", "")]
    [InlineData("999123456789", "99912345", "")]
    public async Task NumberOfTheOtherParty_InClear_NamesNobody(string otherParty, string prefix, string shortNumber)
    {
        await _fixture.MediateAsync(
            Encoding.ASCII.GetBytes(Header + $"2026-03-14T08:00:00Z,60,999100000001,,{otherParty},MO,20601,msc,1\n"), source: "voice-csv");
        UsageReceived usage = Assert.Single(_fixture.Sender.Usage);
        Assert.Equal((prefix, shortNumber), (usage.OtherPartyPrefix, usage.ShortNumber));
        byte[] envelope = EnvelopeCipher.Decrypt(
            _fixture.Keys.Find(usage.PersonalDataKeyId)!, usage.PersonalData, EnvelopeContext.UsagePersonalData);
        Assert.Contains($"\"{otherParty}\"", Encoding.UTF8.GetString(envelope), StringComparison.Ordinal);
    }

    /// <summary>
    /// Where prices ask who was called, usage has the pseudonym that the subscriber with this number has: of numbers that a subscriber may
    /// have, and never of who called. The national form and +32 are the same number under the country code of the source.
    /// </summary>
    [Theory]
    [InlineData("999100000002", "MO", true, "999100000002")]
    [InlineData("+999100000002", "MO", true, "999100000002")]
    [InlineData("00999100000002", "MO", true, "999100000002")]
    [InlineData("999100000002", "MT", true, "")]
    [InlineData("999100000002", "MO", false, "")]
    [InlineData("112", "MO", true, "")]
    [InlineData("99912345", "MO", true, "")]
    [InlineData("0470123456", "MO", true, "")]
    [InlineData("BANK", "MO", true, "")]
    [InlineData("9991000000021234", "MO", true, "")]
    public async Task NumberThatWasCalled_IsAPseudonym_WherePricesAskForIt(
        string otherParty, string direction, bool isAsked, string expected)
    {
        using MediationFixture fixture = new(options => options.CalledSubscribers = isAsked);
        await fixture.MediateAsync(
            Encoding.ASCII.GetBytes(Header + $"2026-03-14T08:00:00Z,60,999100000001,,{otherParty},{direction},20601,msc,1\n"),
            source: "voice-csv");
        UsageReceived usage = Assert.Single(fixture.Sender.Usage);

        Assert.Equal(
            expected.Length == 0 ? [] : new SubscriberPseudonymizer(fixture.Keys).FromMsisdn(expected).ToByteArray(), usage.CalledRef);
    }

    [Fact]
    public async Task File_SentAgainMuchLater_IsKnown()
    {
        byte[] file = Encoding.ASCII.GetBytes(Header + Record);
        await _fixture.MediateAsync(file, source: "voice-csv");
        _fixture.Clock.Advance(TimeSpan.FromDays(400));
        _fixture.Restart();
        Assert.True((await _fixture.MediateAsync(file, source: "voice-csv")).IsKnownAlready);
    }

    /// <summary>A process that is killed at any moment leaves no copy, because the copy has no name while it is written and read.</summary>
    [Fact]
    public async Task StandardInput_WhileItIsRead_LeavesNoCopyBehind()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps the name until the file is closed.");
        string left = Path.Combine(_fixture.Options.DataDirectory, "spool-0123.tmp");
        await File.WriteAllTextAsync(left, Record, TestContext.Current.CancellationToken);
        _fixture.Restart();
        Assert.False(File.Exists(left));

        List<string> seen = [];
        void Look() => seen.AddRange(Directory.GetFiles(_fixture.Options.DataDirectory, "spool-*"));
        _fixture.Sender.WhileSending = Look;
        using PipeLike content = new(Encoding.ASCII.GetBytes(Header + Record), Look);
        FileReport report = await _fixture.Intake.TakeAsync(content, "-", "voice-csv", TestContext.Current.CancellationToken);
        Assert.Equal((FileState.Done, 1L), (report.Entry.State, report.Totals.Cdrs));
        Assert.True(content.Reads > 1);
        Assert.Empty(seen);
    }

    [Fact]
    public void Folders_OfClearData_AreTheOwnersOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no mode bits.");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            new DirectoryInfo(_fixture.Options.DataDirectory).UnixFileMode);
    }

    /// <summary>Under another key store all files would be new, and all their usage would be billed again.</summary>
    [Fact]
    public async Task Ledger_UnderAnotherKeyStore_IsRefused()
    {
        await _fixture.MediateAsync(Encoding.ASCII.GetBytes(Header + Record), source: "voice-csv");
        _fixture.Ledger.Dispose();
        DataKey other = new FileKeyStore(Path.Combine(_fixture.Folder, "other")).GetOrCreate(KeyPurposes.FileContent, "");
        StorageException refused = Assert.Throws<StorageException>(
            () => FileLedger.Open(_fixture.Options.DataDirectory, other, _fixture.Clock));
        Assert.Contains("Keys:Directory", refused.Message, StringComparison.Ordinal);
        _fixture.Restart();
    }

    /// <summary>Content that cannot seek.</summary>
    private sealed class PipeLike(byte[] content, Action looks) : MemoryStream(content)
    {
        public int Reads { get; private set; }

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            looks();
            Reads++;
            return base.ReadAsync(buffer[..Math.Min(10, buffer.Length)], cancellationToken);
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            CopyInPieces(destination, cancellationToken);

        private async Task CopyInPieces(Stream destination, CancellationToken cancellationToken)
        {
            byte[] buffer = new byte[10];
            for (int read; (read = await ReadAsync(buffer, cancellationToken)) > 0;)
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
    }
}
