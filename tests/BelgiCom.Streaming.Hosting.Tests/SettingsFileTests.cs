using System.Text;
using BelgiCom.Streaming.Testing;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Hosting.Tests;

/// <summary>A settings file that cannot be read is named, with the place in it, and not an exception.</summary>
public sealed class SettingsFileTests : IDisposable
{
    private static readonly FuzzLimits Limits = new(Runs: 500, Octets: 16 << 20, OctetsPerOctet: 2_000) { Slowness = 5 };

    private readonly TemporaryFolder _folder = new();

    private string Settings => _folder.Under("appsettings.json");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{\"Kafka\":\n {\"Lanes\": 1,,}}", "line 2, octet 14")]
    [InlineData("", "line 1, octet 1")]
    [InlineData("[]", "must be an object")]
    [InlineData("{\"a\":1,\"A\":2}", "duplicate key 'A'")]
    [InlineData("{\"a\\ud800\":1}", "surrogate")]
    [InlineData("{\"a\":\"\\udc00\"}", "surrogate")]
    public void File_ThatIsNoSettings_IsNamedWithThePlace(string text, string place)
    {
        string fault = FaultOf(Encoding.UTF8.GetBytes(text))!;

        Assert.Contains(Settings, fault, StringComparison.Ordinal);
        Assert.Contains(place, fault, StringComparison.Ordinal);
    }

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void File_MutatedAtRandom_IsReadOrItsFaultIsNamed() => Fuzz.Run(
        "settings-file",
        [Encoding.UTF8.GetBytes("""{"Kafka":{"Lanes":1,"Properties":{"a.b":"c"}},"Adapters":{"Sources":[{"Name":"n","Detect":true}]}}""")],
        text => Assert.True(FaultOf(text) is not { } fault || fault.Contains(Settings, StringComparison.Ordinal)),
        Limits);

    private string? FaultOf(byte[] text)
    {
        File.WriteAllBytes(Settings, text);
        try
        {
            new ConfigurationBuilder().AddJsonFile(Settings).Build();
            return null;
        }
        catch (Exception exception) when (ConfigurationFaultException.OfFile(exception) is { } fault)
        {
            return Assert.Single(fault.Faults);
        }
    }
}
