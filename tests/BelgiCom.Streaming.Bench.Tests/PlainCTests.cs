namespace BelgiCom.Streaming.Bench.Tests;

public sealed class PlainCTests
{
    [Fact]
    public async Task CompileAsync_OfTheProgramThatShips_GivesNoError()
    {
        string folder = Directory.CreateTempSubdirectory("belgicom-c-").FullName;
        try
        {
            PlainC? program = await PlainC.CompileAsync(folder, TestContext.Current.CancellationToken);
            Assert.SkipWhen(program is null, "there is no C compiler");
            Assert.True(File.Exists(Path.Combine(folder, "pass_through")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
