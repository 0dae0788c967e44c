using System.Text.Json;
using BelgiCom.Streaming.Billing;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Hosting;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed class NotificationsCommandTests : IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("notifications-verb-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task List_OfAStop_ShowsLawAmountsOrderAndRecord()
    {
        CustomerNotification stop = new()
        {
            SubscriberRef = SubscriberRef.FromHalves(1, 2),
            Account = "A-1",
            Kind = NotificationKind.RoamingDataLimit,
            PeriodStart = new DateOnly(2026, 10, 1),
            Limit = "eu-roaming",
            Scope = SpendScope.RoamingData,
            LimitAmount = 50m,
            Permille = 1000,
            Notification = "STOP_100",
            Action = LimitAction.CutOff,
            Amount = 50.5m,
            Currency = "EUR",
            LegalBasis = "Regulation (EU) 2022/612 art. 14",
        };
        using (BillingLedger ledger = BillingLedger.Open(new BillingOptions { DataDirectory = _data.FullName }, TimeProvider.System))
        {
            LedgerBatch batch = new();
            batch.AddNotification(new NotificationRecord(
                Topics.CustomerNotifications, 2, 7, new DateTimeOffset(2026, 10, 9, 8, 7, 6, TimeSpan.Zero), stop));
            ledger.Apply(batch);
        }

        Finished table = (await ListAsync("--account", "A-1")).WithExitCode(WorkerHost.ExitDone);
        string text = table.Text.ReplaceLineEndings(" ");
        foreach (string word in new[] { "2026-10-09", "STOP_100", "eu-roaming", "2026-10", "2022/612" })
        {
            Assert.Contains(word, text, StringComparison.Ordinal);
        }

        JsonElement proof = (await ListAsync("--subscriber-ref", stop.SubscriberRef.ToString(), "--json")).WithExitCode(
            WorkerHost.ExitDone).Json.GetProperty("notifications").EnumerateArray().Single();
        Assert.Equal(
            (50m, "Net", 50.5m, "CutOff", 7L),
            (proof.GetProperty("limitAmount").GetDecimal(), proof.GetProperty("limitBasis").GetString(),
                proof.GetProperty("spend").GetDecimal(), proof.GetProperty("action").GetString(), proof.GetProperty("offset").GetInt64()));
        Assert.Empty((await ListAsync("--account", "A-2", "--json")).WithExitCode(WorkerHost.ExitDone).Json.GetProperty("notifications")
            .EnumerateArray());
        (await ListAsync("--subscriber-ref", "12")).WithExitCode(WorkerHost.ExitConfiguration);
    }

    private Task<Finished> ListAsync(params string[] options) =>
        BuiltTool.RunAsync(["notifications", "list", "--data", _data.FullName, .. options]);
}
