using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;
using Schema = Avro.Schema;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>What our client needs of a registry. The same cases run on the embedded one and on one that we did not write.</summary>
public abstract class SchemaRegistryContract
{
    private const string First = """{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"int"}]}""";
    private const string WithDefault =
        """{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}""";
    private const string WithoutDefault =
        """{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}""";

    /// <summary>Base address; skips the test when the registry is not there.</summary>
    protected abstract Uri Url { get; }

    /// <summary>Whether this registry is expected to accept the change.</summary>
    protected abstract bool Accepts(EvolutionCase change);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Register_SameSchemaFromTwoClients_SameId()
    {
        using SchemaRegistryClient one = Client();
        using SchemaRegistryClient two = Client();
        string subject = NewSubject();
        string spaced = First.Replace(",", " ,\n  ");

        int id = await one.RegisterAsync(subject, First, Cancel);

        Assert.Equal(id, await two.RegisterAsync(subject, First, Cancel));
        Assert.Equal(id, await two.RegisterAsync(subject, spaced, Cancel));
        Assert.Equal(id, await two.RegisterAsync(NewSubject(), First, Cancel));
    }

    [Fact]
    public async Task GetSchema_OfRegisteredId_ReturnsThatSchema()
    {
        using SchemaRegistryClient client = Client();
        int id = await client.RegisterAsync(NewSubject(), WithDefault, Cancel);

        string schema = await client.GetSchemaAsync(id, Cancel);

        Assert.Equal(Schema.Parse(WithDefault), Schema.Parse(schema));
    }

    [Fact]
    public async Task GetSchema_OfUnknownId_IsNotFoundAndNotTransient()
    {
        using SchemaRegistryClient client = Client();

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetSchemaAsync(987_654, Cancel));

        Assert.Equal(SchemaRegistryFailure.NotFound, e.Failure);
        Assert.Equal(40403, e.ErrorCode);
        Assert.False(e.IsTransient);
    }

    [Fact]
    public async Task Register_IncompatibleSchema_IsRefusedAndChangesNothing()
    {
        using SchemaRegistryClient client = Client();
        string subject = NewSubject();
        await client.SetCompatibilityAsync(subject, "BACKWARD", Cancel);
        await client.RegisterAsync(subject, First, Cancel);

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(
            () => client.RegisterAsync(subject, WithoutDefault, Cancel));

        Assert.Equal(SchemaRegistryFailure.Incompatible, e.Failure);
        Assert.NotEqual(await client.RegisterAsync(subject, WithDefault, Cancel), await client.RegisterAsync(subject, First, Cancel));
    }

    [Fact]
    public async Task Register_TextThatIsNoSchema_IsInvalid()
    {
        using SchemaRegistryClient client = Client();

        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(
            () => client.RegisterAsync(NewSubject(), """{"type":"recor"}""", Cancel));

        Assert.Equal(SchemaRegistryFailure.Invalid, e.Failure);
        Assert.Equal(42201, e.ErrorCode);
    }

    [Fact]
    public async Task Check_SubjectWithoutVersions_IsCompatible()
    {
        using SchemaRegistryClient client = Client();

        Assert.True(await client.IsCompatibleAsync(NewSubject(), First, Cancel));
    }

    /// <summary>
    /// The schema is registered and not only checked, because Apicurio's check without a version compares with all versions under every
    /// level.
    /// </summary>
    [Theory]
    [InlineData("BACKWARD", true)]
    [InlineData("BACKWARD_TRANSITIVE", false)]
    public async Task Register_FieldRemovedThenBackWithAnotherType_OnlyTransitiveRefuses(string level, bool accepted)
    {
        using SchemaRegistryClient client = Client();
        string subject = NewSubject();
        await client.SetCompatibilityAsync(subject, level, Cancel);
        await client.RegisterAsync(subject, WithDefault, Cancel);
        await client.RegisterAsync(subject, First, Cancel);
        Task<int> third = client.RegisterAsync(
            subject, WithDefault.Replace("\"int\",\"default\":0", "\"string\",\"default\":\"\""), Cancel);

        Exception? error = await Record.ExceptionAsync(() => third);

        Assert.Equal(accepted, error is null);
        Assert.True(error is null or SchemaRegistryException { Failure: SchemaRegistryFailure.Incompatible });
    }

    [Theory]
    [InlineData("NONE", true, true)]
    [InlineData("BACKWARD", true, false)]
    [InlineData("FORWARD", false, true)]
    [InlineData("FULL", false, false)]
    public async Task Check_PromotionAndItsReverse_FollowTheLevel(string level, bool intToLong, bool longToInt)
    {
        using SchemaRegistryClient client = Client();
        (string widening, string narrowing) = (NewSubject(), NewSubject());
        string asLong = First.Replace("\"int\"", "\"long\"");
        await client.RegisterAsync(widening, First, Cancel);
        await client.RegisterAsync(narrowing, asLong, Cancel);
        await client.SetCompatibilityAsync(widening, level, Cancel);
        await client.SetCompatibilityAsync(narrowing, level, Cancel);

        Assert.Equal(intToLong, await client.IsCompatibleAsync(widening, asLong, Cancel));
        Assert.Equal(longToInt, await client.IsCompatibleAsync(narrowing, First, Cancel));
    }

    [Fact]
    public async Task Check_EveryEvolutionCase_GivesTheExpectedVerdict()
    {
        using SchemaRegistryClient client = Client();
        List<string> wrong = new();
        foreach (EvolutionCase change in EvolutionCases.All)
        {
            string subject = NewSubject();
            await client.SetCompatibilityAsync(subject, SchemaSubjects.Compatibility, Cancel);
            await client.RegisterAsync(subject, change.Old, Cancel);
            bool accepted = await client.IsCompatibleAsync(subject, change.New, Cancel);
            if (accepted != Accepts(change))
            {
                wrong.Add($"{change.Name}: accepted {accepted}");
            }
        }

        Assert.Empty(wrong);
    }

    /// <summary>A worker asks at its start for the id of its own schema, whatever its white space, and asking registers nothing.</summary>
    [Fact]
    public async Task GetId_OnlyOfASchemaThatTheSubjectHas_IsGiven()
    {
        using SchemaRegistryClient client = Client();
        using SchemaRegistryClient worker = Client();
        string subject = NewSubject();
        await AssertUnknownAsync(worker, subject, First);

        int id = await client.RegisterAsync(subject, First, Cancel);

        Assert.Equal(id, await worker.GetIdAsync(subject, First.Replace(",", ", ", StringComparison.Ordinal), Cancel));
        await AssertUnknownAsync(worker, subject, WithDefault);
        Assert.Equal([1], (await client.GetVersionsAsync(subject, Cancel)).Select(version => version.Version));
    }

    /// <summary>A check is transitive, and says why.</summary>
    [Fact]
    public async Task Check_OfEveryVersion_NamesTheOneThatStandsAgainstIt()
    {
        using SchemaRegistryClient client = Client();
        string topic = $"t{Guid.NewGuid():n}.v1";
        await SchemaSubjects.EnsureAsync(client, [(topic, WithDefault)], Cancel);
        await SchemaSubjects.EnsureAsync(client, [(topic, First)], Cancel);

        Assert.Empty(await SchemaSubjects.CheckAsync(client, topic, WithDefault, Cancel));
        string problem = Assert.Single(await SchemaSubjects.CheckAsync(
            client, topic, WithDefault.Replace("\"int\",\"default\":0", "\"string\",\"default\":\"\""), Cancel));
        Assert.StartsWith("version 1: TYPE_MISMATCH", problem, StringComparison.Ordinal);
    }

    private static async Task AssertUnknownAsync(SchemaRegistryClient client, string subject, string schema)
    {
        SchemaRegistryException e = await Assert.ThrowsAsync<SchemaRegistryException>(() => client.GetIdAsync(subject, schema, Cancel));
        Assert.Equal(SchemaRegistryFailure.NotFound, e.Failure);
    }

    [Fact]
    public async Task Ensure_Twice_SameIdsAndSubjectsThere()
    {
        using SchemaRegistryClient client = Client();
        string topic = $"t{Guid.NewGuid():n}.v1";

        IReadOnlyDictionary<string, int> first = await SchemaSubjects.EnsureAsync(client, [(topic, First)], Cancel);
        IReadOnlyDictionary<string, int> second = await SchemaSubjects.EnsureAsync(client, [(topic, First)], Cancel);

        Assert.Equal(first, second);
        Assert.Contains($"{topic}-value", await client.GetSubjectsAsync(Cancel));
    }

    private SchemaRegistryClient Client() => new(new SchemaRegistryOptions { Url = Url.ToString(), Timeout = TimeSpan.FromSeconds(30) });

    private static string NewSubject() => $"s{Guid.NewGuid():n}-value";
}
