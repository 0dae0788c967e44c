using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace BelgiCom.Streaming.Hosting.Tests;

public sealed class ValidatedOptionsTests
{
    [Fact]
    public void Options_AllKindsOfValues_AreRead()
    {
        SampleOptions options = Read(new()
        {
            ["Sample:Name"] = "n",
            ["Sample:Lanes"] = "4",
            ["Sample:Wait"] = "PT1M30S",
            ["Sample:Mode"] = "strict",
            ["Sample:Sources:0:Path"] = "/in",
            ["Sample:Sources:1:Path"] = "/other",
            ["Sample:Tags:0"] = "a",
            ["Sample:Columns:msisdn"] = "A_NUMBER",
        });

        Assert.Equal(("n", 4, TimeSpan.FromSeconds(90), SampleMode.Strict), (options.Name, options.Lanes, options.Wait, options.Mode));
        Assert.Equal(["/in", "/other"], options.Sources.Select(source => source.Path));
        Assert.Equal(["a"], options.Tags);
        Assert.Equal("A_NUMBER", options.Columns["msisdn"]);
    }

    [Theory]
    [InlineData("00:00:30", 30)]
    [InlineData("PT30S", 30)]
    [InlineData("1.00:00:00", 86_400)]
    public void TimeSpan_BothForms_AreRead(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(new() { ["Sample:Name"] = "n", ["Sample:Wait"] = text }).Wait);

    [Fact]
    public void TimeSpan_BareNumber_IsRefusedBecauseItWouldMeanDays()
    {
        string fault = Assert.Single(FaultsOf(new() { ["Sample:Name"] = "n", ["Sample:Wait"] = "30" }));
        Assert.Contains("hh:mm:ss", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_OfAllSettings_AreReportedAtOnceWithTheirPlace()
    {
        IReadOnlyList<string> faults = FaultsOf(new()
        {
            ["Sample:Lanes"] = "1000",
            ["Sample:Wait"] = "soon",
            ["Sample:Lane"] = "4",
            ["Sample:Sources:0:Pth"] = "/in",
        });

        Assert.Contains(faults, fault => fault.StartsWith("Sample:Name is missing: set Sample__Name", StringComparison.Ordinal));
        Assert.Contains(
            faults, fault => fault.StartsWith("Sample:Lanes:", StringComparison.Ordinal) && fault.Contains("64", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("Sample:Wait: 'soon'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("did you mean Sample:Lanes", StringComparison.Ordinal));
        Assert.Contains(
            faults,
            fault =>
                fault.StartsWith("Sample:Sources:0:Pth: no such setting; did you mean Sample:Sources:0:Path", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("the batch must fit", StringComparison.Ordinal));
        Assert.Equal(6, faults.Count);
    }

    [Fact]
    public void Section_MistypedName_IsReported()
    {
        string fault = Assert.Single(FaultsOf(new() { ["Sample:Name"] = "n", ["Sampel:Lanes"] = "2" }));
        Assert.StartsWith("Sampel: no such section; did you mean Sample", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Section_OfAnotherWorker_IsNoFault() =>
        Assert.Empty(FaultsOf(new() { ["Sample:Name"] = "n", ["Billing:ConnectionString"] = "x" }));

    [Fact]
    public void Options_AskedForTwice_AreTheSameObject()
    {
        HostApplicationBuilder builder = Builder(new() { ["Sample:Name"] = "n" });
        SampleOptions first = builder.AddValidatedOptions<SampleOptions>("Sample");
        Assert.Same(first, builder.AddValidatedOptions<SampleOptions>("Sample"));
        using IHost host = builder.Build();
        Assert.Same(first, host.Services.GetRequiredService<IOptions<SampleOptions>>().Value);
        Assert.Same(first, host.Services.GetRequiredService<SampleOptions>());
    }

    /// <summary>A section may serve several roles: what one of them reads is no fault for the others in the same process.</summary>
    [Fact]
    public void Section_ReadAsTwoTypes_KnowsWhatEitherKnows()
    {
        HostApplicationBuilder builder = Builder(new() { ["Sample:Name"] = "n", ["Sample:Path"] = "/in", ["Sample:Pth"] = "/in" });
        builder.AddValidatedOptions<SampleOptions>("Sample");
        Assert.Equal("/in", builder.AddValidatedOptions<SampleSource>("Sample").Path);

        string fault = Assert.Single(Assert.Throws<ConfigurationFaultException>(builder.ThrowOnFaults).Faults);
        Assert.StartsWith("Sample:Pth: no such setting; did you mean Sample:Path", fault, StringComparison.Ordinal);
    }

    private static SampleOptions Read(Dictionary<string, string?> settings)
    {
        HostApplicationBuilder builder = Builder(settings);
        SampleOptions options = builder.AddValidatedOptions<SampleOptions>("Sample");
        builder.ThrowOnFaults();
        return options;
    }

    private static IReadOnlyList<string> FaultsOf(Dictionary<string, string?> settings)
    {
        try
        {
            Read(settings);
            return [];
        }
        catch (ConfigurationFaultException exception)
        {
            return exception.Faults;
        }
    }

    private static HostApplicationBuilder Builder(Dictionary<string, string?> settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings);
        return builder;
    }

    public enum SampleMode
    {
        Lenient,
        Strict,
    }

    public sealed class SampleSource
    {
        public string? Path { get; init; }
    }

    public sealed class SampleOptions : IValidatableObject
    {
        public required string Name { get; init; }

        [Range(1, 64)]
        public int Lanes { get; init; } = 1;

        public TimeSpan Wait { get; init; }

        public SampleMode Mode { get; init; }

        public IReadOnlyList<SampleSource> Sources { get; init; } = [];

        public List<string> Tags { get; } = [];

        public Dictionary<string, string> Columns { get; init; } = [];

        public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        {
            if (Lanes > 500)
            {
                yield return new ValidationResult("the batch must fit", [nameof(Lanes)]);
            }
        }
    }
}
