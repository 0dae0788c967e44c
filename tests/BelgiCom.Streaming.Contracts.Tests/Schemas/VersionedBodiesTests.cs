namespace BelgiCom.Streaming.Contracts.Tests;

public sealed class VersionedBodiesTests
{
    private const string Ours =
        """{"type":"record","name":"R","fields":[{"name":"n","type":"long"},{"name":"k","type":"int","default":5}]}""";
    private const string Older = """{"type":"record","name":"R","fields":[{"name":"n","type":"int"}]}""";
    private const string Foreign = """{"type":"record","name":"Other","fields":[]}""";

    private readonly List<int> _asked = [];

    [Fact]
    public void Body_OfAnyVersion_BecomesOneOfOursAndItsSchemaIsAskedForOnce()
    {
        VersionedBodies bodies = Bodies(id => id == 1 ? Ours : Older);
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal([2, 4], Body(bodies, 1, [2, 4]));
            Assert.Equal([2, 10], Body(bodies, 2, [2]));
        }

        Assert.Equal([1, 2], _asked);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Foreign)]
    [InlineData("not a schema")]
    public void Body_WhoseSchemaWeCannotRead_IsNone(string? schema)
    {
        VersionedBodies bodies = Bodies(_ => schema);
        Assert.Null(Body(bodies, 9, [2]));
        Assert.Null(Body(bodies, 9, [2]));
        Assert.Equal([9], _asked);
    }

    [Fact]
    public void Body_ThatIsNotOfItsSchema_IsNone() => Assert.Null(Body(Bodies(_ => Older), 2, [0x80]));

    [Fact]
    public void Schema_ThatCannotBeKnownYet_IsAskedForAgain()
    {
        VersionedBodies bodies = Bodies(_ => _asked.Count == 1 ? throw new TimeoutException() : Older);
        Assert.Throws<TimeoutException>(() => Body(bodies, 2, [2]));
        Assert.Equal([2, 10], Body(bodies, 2, [2]));
    }

    /// <summary>Ids come from records: a flood of made-up ones must not fill the memory.</summary>
    [Fact]
    public void Ids_WithoutEnd_AreForgotten()
    {
        VersionedBodies bodies = Bodies(_ => null);
        for (int id = 0; id < 5_000; id++)
        {
            Assert.Null(Body(bodies, id, [2]));
        }

        Assert.Null(Body(bodies, 0, [2]));
        Assert.Equal(5_001, _asked.Count);
    }

    private VersionedBodies Bodies(Func<int, string?> schema) => new(Ours, id =>
    {
        _asked.Add(id);
        return schema(id);
    });

    private static byte[]? Body(VersionedBodies bodies, int id, byte[] body) =>
        bodies.TryBody(id, body, out ReadOnlySpan<byte> ours) ? ours.ToArray() : null;
}
