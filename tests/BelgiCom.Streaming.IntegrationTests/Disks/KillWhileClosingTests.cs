using System.Diagnostics;
using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary><c>kill -9</c> at steps of <c>bill close</c> that change the ledger: the bills are there whole or not at all.</summary>
public sealed class KillWhileClosingTests : IDisposable
{
    private static readonly int StepsTaken = Scale.Of(5, 200);
    private static readonly Dictionary<string, string> Settings = [];

    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    private string[] Arguments =>
    [
        "bill", "close", "--period", "202602", "--catalogue", Path.Combine(AppContext.BaseDirectory, "Samples", "offerings"),
        "--subscriptions", _folder.Under("subscriptions.csv"), "--data", Data, "--json",
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Close_KilledAtAnyStep_LeavesWholeBillsOrNone()
    {
        await FileSteps.SkipWithoutRightAsync();
        await File.WriteAllLinesAsync(
            _folder.Under("subscriptions.csv"),
            [
                "msisdn,imsi,account,offering,validFrom,validTo",
                .. Enumerable.Range(0, 500).Select(number => $"{999000000000 + number},,BE-{number},be-plan-60,,"),
            ],
            TestContext.Current.CancellationToken);
        Begin();
        string trace = _folder.Under("trace");
        (await ChildProcess.RunAsync(FileSteps.Traced(Program(Arguments), trace), patience: Belgicom.EndMax)).WithExitCode(0);
        FileStep[] steps =
        [
            .. new FileSteps(_folder.FullPath).Read(trace).Where(step => step.Path.Contains("ledger.db", StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(steps);

        int killed = 0;
        foreach (FileStep step in steps.Where((_, index) => index % Math.Max(1, steps.Length / StepsTaken) == 0))
        {
            Begin();
            Finished first = await ChildProcess.RunAsync(FileSteps.KilledAt(Program(Arguments), step), patience: Belgicom.EndMax);
            killed += first.ExitCode == 0 ? 0 : 1;

            Finished shown = await Belgicom.RunAsync(Settings, "bill", "show", "--data", Data, "--json");
            Assert.True(shown.ExitCode == 1 || Bills(shown) == 500, $"after {step}: {shown.Text}");
            Finished again = (await Belgicom.RunAsync(Settings, Arguments)).WithExitCode(0);
            Assert.Equal(shown.ExitCode == 1 ? 1000 : 0, again.Json.GetProperty("lines").GetInt32());
            Assert.Equal(500, Bills(await Belgicom.RunAsync(Settings, "bill", "show", "--data", Data, "--json")));
        }

        Assert.True(killed > 0, "no step was reached");
    }

    private void Begin()
    {
        if (Directory.Exists(Data))
        {
            Directory.Delete(Data, recursive: true);
        }

        Directory.CreateDirectory(Path.Combine(Data, "keys"));
    }

    private static int Bills(Finished shown)
    {
        JsonElement bills = shown.WithExitCode(0).Json.GetProperty("bills");
        Assert.All(bills.EnumerateArray(), bill => Assert.Equal("40.00", bill.GetProperty("gross").GetString()));
        return bills.GetArrayLength();
    }

    private static ProcessStartInfo Program(string[] arguments) => OurProgram.Start("belgicom", Settings, arguments);
}
