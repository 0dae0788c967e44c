using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// Files as networks and their systems deliver them, through a user's whole run: mediated, rated, archived and billed. A case is added by
/// adding a folder to <c>Cases/</c>.
/// </summary>
public sealed class UsageCaseTests(UsageCaseRuns runs) : IClassFixture<UsageCaseRuns>
{
    public static TheoryData<string> Names() => [.. UsageCase.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Run_OfACase_BillsWhatItsArithmeticSays(string name)
    {
        (string expected, string seen) = await runs.OfAsync(name);
        Assert.True(expected == seen, $"expected {expected}\nleft     {seen}");
    }
}

/// <summary>Runs all cases. A run mostly waits, for groups to form and for intervals to pass, so several share the processors.</summary>
public sealed class UsageCaseRuns : IDisposable
{
    private const int AtOnce = 6;

    private readonly SemaphoreSlim _turn = new(AtOnce);
    private readonly Dictionary<string, Task<(string Expected, string Seen)>> _runs;

    public UsageCaseRuns() => _runs = UsageCase.Names().ToDictionary(name => name, RunAsync);

    /// <summary>What a case must leave and what it left, both as text, so that a failure shows every value at once.</summary>
    public Task<(string Expected, string Seen)> OfAsync(string name) => _runs[name];

    public void Dispose() => _turn.Dispose();

    private async Task<(string Expected, string Seen)> RunAsync(string name)
    {
        await _turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            using TemporaryFolder folder = new();
            return await new UsageCaseRun(UsageCase.Read(name), folder.Under("data")).ToTheEndAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }
}
