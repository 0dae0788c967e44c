using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Tool.Tests;

public sealed partial class RecentProblemsTests : IDisposable
{
    private readonly RecentProblems _problems = new();

    public void Dispose() => _problems.Dispose();

    /// <summary>A probe every ten seconds and a worker that tries again must not push the cause off the list.</summary>
    [Fact]
    public void Problem_ThatIsRepeated_IsOneEntryWithItsBeginning()
    {
        ILogger logger = _problems.CreateLogger("a");
        Stuck(logger, "/disk", "full", 1);
        Stuck(logger, "/other", "full", 1);
        DateTimeOffset begun = _problems.All[1].Since;
        for (int attempt = 2; attempt <= 100; attempt++)
        {
            Stuck(logger, "/disk", "full", attempt);
        }

        Assert.Equal(
            [("Folder /disk: full, attempt 100", 100), ("Folder /other: full, attempt 1", 1)],
            _problems.All.Select(problem => (problem.Message, problem.Times)));
        Assert.Equal(begun, _problems.All[0].Since);
        Assert.True(_problems.All[0].At >= begun);
    }

    [Fact]
    public void Problems_MoreThanFit_KeepTheNewest()
    {
        for (int i = 0; i < 30; i++)
        {
            Stuck(_problems.CreateLogger("a"), $"/disk{i}", "full", 1);
        }

        Assert.Equal(20, _problems.All.Count);
        Assert.StartsWith("Folder /disk29", _problems.All[0].Message, StringComparison.Ordinal);
    }

    [LoggerMessage(1, LogLevel.Warning, "Folder {Folder}: {Reason}, attempt {Attempt}")]
    private static partial void Stuck(ILogger logger, string folder, string reason, int attempt);
}
