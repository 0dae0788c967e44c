using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Bench.Tests;

public sealed class PlainCTests
{
    [Fact]
    public async Task CompileAsync_OfTheProgramThatShips_GivesNoError()
    {
        using TemporaryFolder folder = new();
        PlainC? program = await PlainC.CompileAsync(folder.FullPath, TestContext.Current.CancellationToken);
        Assert.SkipWhen(program is null, "there is no C compiler");
        Assert.True(File.Exists(folder.Under("pass_through")));
    }
}
