namespace BelgiCom.Streaming.Generation.Tests;

public class ShippedSamplesTests
{
    // The plan that the samples' SOURCE.md names.
    private static readonly GenerationPlan Plan = new()
    {
        Seed = 20260314,
        Subscribers = 25,
        Records = 60,
        RecordsPerFile = 60,
        Start = new DateTimeOffset(2026, 3, 14, 0, 0, 0, TimeSpan.Zero),
        Duration = TimeSpan.FromDays(2),
    };

    [Fact]
    public void ShippedFiles_AreWhatTheGeneratorMakes()
    {
        string folder = Path.Combine(Path.GetTempPath(), "belgicom-samples-" + Guid.NewGuid().ToString("N"));
        UsageGenerator generator = new(Plan);
        try
        {
            foreach (GeneratedFile file in Enum.GetValues<GeneratedKind>().SelectMany(kind => generator.WriteFiles(kind, folder)))
            {
                string shipped = Directory.GetFiles(
                    Path.Combine(AppContext.BaseDirectory, "shipped"), Path.GetFileName(file.Path), SearchOption.AllDirectories).Single();
                Assert.Equal(File.ReadAllBytes(file.Path), File.ReadAllBytes(shipped));
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
