using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// F10: the disk of one writer at a time is full while the chain works, or from the start. Nothing that was acknowledged is lost, nothing
/// is billed twice, the process says where the fault is, and it goes on by itself when there is room. Expected lines and amounts are
/// arithmetic (<see cref="Messages"/>).
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Before = 10;
    private const int Meanwhile = 200;

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    private string Inbox => _folder.Under("inbox");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("broker", "4m")]
    [InlineData("files", "4m")]
    [InlineData("archive", "4m")]
    [InlineData("ledger", "4m")]
    [InlineData("done", "64k")]
    public async Task Up_WhileOneDiskIsFull_SaysWhichAndGoesOnWhenThereIsRoom(string writer, string size)
    {
        await SmallDisk.SkipWithoutRightAsync();
        string full = writer == "done" ? Path.Combine(Inbox, "done") : Path.Combine(Data, writer);
        SmallDisk disk = new(full, size);
        Dictionary<string, string> settings = new() { ["Billing__DataDirectory"] = Path.Combine(Data, "ledger") };
        await using ChildProcess process = new(
            "belgicom up", disk.Start(OurProgram.Start("belgicom", settings, StayingUp.Arguments(Data, Inbox))));
        await using StayingUp up = await StayingUp.WaitForAsync(process);
        disk.IsSeenBy(process);
        Messages.Write(disk.Through(Path.Combine(Inbox, "before.csv")), Before);
        await up.UntilBilledAsync(Before);

        disk.Fill();
        Messages.Write(disk.Through(Path.Combine(Inbox, "meanwhile.csv")), Meanwhile);
        await up.UntilNotReadyBecauseOfAsync(full, "since", "space");
        // Another look at the inbox, or another attempt at the batch, meets the same full disk.
        await up.UntilNotReadyBecauseOfAsync(full);

        disk.Free();
        await up.UntilBilledAsync(Before + Meanwhile);
        await up.UntilAsync(
            () => Task.FromResult(Directory.GetFiles(disk.Through(Inbox)).Length == 0), "the inbox to be empty");
        Assert.Equal(
            ["before.csv", "meanwhile.csv"],
            Directory.GetFiles(disk.Through(Path.Combine(Inbox, "done"))).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        JsonElement records = (await up.StatusAsync()).GetProperty("records");
        Assert.Equal(Before + Meanwhile, records.GetProperty("rated").GetInt64());
        // The chunk that was sent but not noted comes once more, however often the ledger refused it in between.
        Assert.InRange(records.GetProperty("duplicate").GetInt64(), 0, writer == "broker" ? long.MaxValue : Meanwhile);
        await up.StopAsync();
    }

    [Theory]
    [InlineData("keys", "full")]
    [InlineData("keys", "read-only")]
    [InlineData("broker", "full")]
    [InlineData("broker", "read-only")]
    [InlineData("files", "full")]
    [InlineData("files", "read-only")]
    [InlineData("archive", "full")]
    [InlineData("archive", "read-only")]
    [InlineData("ledger", "full")]
    [InlineData("ledger", "read-only")]
    public async Task Run_OnADiskThatTakesNothing_EndsWithTheFolderAndBillsAllWhenItDoes(string writer, string fault)
    {
        await SmallDisk.SkipWithoutRightAsync();
        string folder = Path.Combine(Data, writer);
        string usage = _folder.Under("usage.csv");
        Messages.Write(usage, Before);
        Dictionary<string, string> settings = new()
        {
            ["Billing__DataDirectory"] = Path.Combine(Data, "ledger"),
            ["Kafka__RecoveryTimeout"] = "00:00:05",
        };
        (string begin, string end) = fault == "full"
            ? ("dd if=/dev/zero of=\"$F/filler\" bs=4k 2>/dev/null", "rm \"$F/filler\"")
            : ("mount -o remount,ro \"$F\"", "mount -o remount,rw \"$F\"");

        Finished after = (await ChildProcess.RunAsync(
            new SmallDisk(folder, "16m").StartInFaultAndAfter(
                OurProgram.Start("belgicom", settings, "run", "--data", Data, "--input", usage, "--json"), begin, end),
            patience: Belgicom.EndMax)).WithExitCode(0);

        string first = await File.ReadAllTextAsync(folder + ".first", TestContext.Current.CancellationToken);
        string[] output = after.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(output[0] == "first: 2", first);
        string sentence = Assert.Single(
            first.Split('\n'), line => line.StartsWith("belgicom: ", StringComparison.Ordinal));
        Assert.Contains(folder, sentence, StringComparison.Ordinal);
        Assert.Matches("space|rights", sentence);
        Assert.DoesNotContain("\n   at ", first, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(output[1]).RootElement.AssertConserved();
        JsonElement billed = report.GetProperty("total").GetProperty("billed");
        Assert.Equal(
            (Before, Messages.Amount(Before)), (billed.GetProperty("lines").GetInt32(), billed.GetProperty("amount").GetString()));
    }
}
