using System.Globalization;
using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Catalogue.Tests;

/// <summary>Whatever is in a catalogue or a subscriptions file, it is read, or each fault is named with its file.</summary>
public sealed class InputMutationTests : IDisposable
{
    private static readonly FuzzLimits Limits = new(Runs: 200, Octets: 4 << 20, OctetsPerOctet: 2_000) { Slowness = 20 };

    private readonly string _folder = Directory.CreateTempSubdirectory("inputs").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Catalogue_MutatedAtRandom_IsReadOrItsFaultsAreNamed()
    {
        string path = Path.Combine(_folder, "offering.yaml");
        Fuzz.Run("catalogue", [Encoding.UTF8.GetBytes(CatalogueFolderTests.Good)], content =>
        {
            File.WriteAllBytes(path, content);
            try
            {
                Assert.NotEmpty(CatalogueFolder.Load(_folder));
            }
            catch (InputFaultException faults)
            {
                Assert.NotEmpty(faults.Message);
            }
        }, Limits);
    }

    [Fact]
    [Trait(Fuzz.Trait, Fuzz.Category)]
    public void Subscriptions_MutatedAtRandom_AreReadOrTheirFaultsAreNamed()
    {
        string path = Path.Combine(_folder, "subscriptions");
        SubscriberPseudonymizer pseudonymizer = new(new FileKeyStore(Path.Combine(_folder, "keys")));
        string[] originals =
        [
            "# a comment\n\nmsisdn,imsi,account,offering,validFrom,validTo\n"
            + "999000000001,001010100000001,\"BE \"\"1\"\", A\",go,2026-01-01T00:00:00+01:00,\n"
            + "999000000001,001010100000001,BE-0,start,,2026-01-01T00:00:00+01:00\n,001010300000001,BE-2,go,,\r\n",
            "{\"msisdn\":\"999000000001\",\"imsi\":\"001010100000001\",\"account\":\"B\",\"offering\":\"go\","
            + "\"validFrom\":\"2026-01-01T00:00:00Z\"}\n"
            + "{\"imsi\":\"001010100000002\",\"account\":\"C\",\"offering\":\"go\",\"validTo\":null}\n",
        ];
        HashSet<string> offerings = ["go", "start"];
        Fuzz.Run("subscriptions", originals.Select(Encoding.UTF8.GetBytes), content =>
        {
            File.WriteAllBytes(path, content);
            SubscriptionsFile file = new(path, pseudonymizer);
            if (file.Check(offerings).Count == 0)
            {
                foreach (Subscription subscription in file.Read())
                {
                    Assert.NotEmpty(subscription.Periods);
                }
            }
        }, Limits);
    }

    /// <summary>A reader of YAML that follows each bracket on the stack would end the process, and no exception would say why.</summary>
    [Theory]
    [InlineData("[", "")]
    [InlineData("{a: ", "")]
    [InlineData("- ", "")]
    [InlineData("[", "]")]
    public void Catalogue_NestedWithoutEnd_IsAFault(string opening, string closing)
    {
        string nested = string.Concat(Enumerable.Repeat(opening, 100_000)) + string.Concat(Enumerable.Repeat(closing, 100_000));
        File.WriteAllText(Path.Combine(_folder, "offering.yaml"), $"offering: {nested}\n");
        Assert.Throws<InputFaultException>(() => CatalogueFolder.Load(_folder));
    }

    /// <summary>Aliases of aliases stand for 10^9 values in a file of a kilobyte.</summary>
    [Fact]
    public void Catalogue_OfAliasesOfAliases_IsAFault()
    {
        StringBuilder yaml = new("offering: go\nname: Go\nx0: &a0 [\"1\"]\n");
        for (int i = 1; i < 10; i++)
        {
            string ten = string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10));
            yaml.Append(CultureInfo.InvariantCulture, $"x{i}: &a{i} [{ten}]\n");
        }

        File.WriteAllText(Path.Combine(_folder, "offering.yaml"), yaml.Append("zones: { home: *a9 }\n").ToString());
        Assert.Throws<InputFaultException>(() => CatalogueFolder.Load(_folder));
    }
}
