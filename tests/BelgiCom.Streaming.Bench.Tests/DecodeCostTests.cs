namespace BelgiCom.Streaming.Bench.Tests;

public sealed class DecodeCostTests
{
    /// <summary>Readers that find different things would be compared over different work.</summary>
    [Fact]
    public void Readers_OverTheSameRecords_FindTheSameOctets()
    {
        byte[][] bodies = UsageLoad.Bodies(64);
        long[][] found = [.. DecodeCost.Readers().Select(reader => bodies.Select(body => reader.Read(body)).ToArray())];
        Assert.Equal(5, found.Length);
        Assert.All(found, octets => Assert.Equal(found[0], octets));
        Assert.All(found[0], octets => Assert.True(octets > 0));
    }
}
