using System.Text;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>
/// The contents of <c>_schemas</c>: we take over what Confluent's registry writes there, and it could take over what we write.
/// </summary>
public sealed class SchemaLogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Log_AfterChanges_HoldsConfluentsRecords()
    {
        MemorySchemaLog log = new();
        using SchemaCatalogue catalogue = await SchemaCatalogue.LoadAsync(log, Cancel);

        await catalogue.SetLevelAsync(subject: null, CompatibilityLevel.Full, Cancel);
        await catalogue.SetLevelAsync("a-value", CompatibilityLevel.BackwardTransitive, Cancel);
        await catalogue.RegisterAsync("a-value", "\"int\"", Cancel);
        await catalogue.DeleteSubjectAsync("a-value", permanent: false, Cancel);
        await catalogue.DeleteSubjectAsync("a-value", permanent: true, Cancel);

        string[] expected =
        [
            """{"keytype":"CONFIG","subject":null,"magic":0} {"compatibilityLevel":"FULL"}""",
            """{"keytype":"CONFIG","subject":"a-value","magic":0} {"compatibilityLevel":"BACKWARD_TRANSITIVE"}""",
            """{"keytype":"SCHEMA","subject":"a-value","version":1,"magic":1} {"subject":"a-value","version":1,"id":1"""
            + ""","schema":"\"int\"","deleted":false}""",
            """{"keytype":"DELETE_SUBJECT","subject":"a-value","magic":0} {"subject":"a-value","version":1}""",
            """{"keytype":"CONFIG","subject":"a-value","magic":0} """,
            """{"keytype":"SCHEMA","subject":"a-value","version":1,"magic":1} """,
        ];
        Assert.Equal(
            expected,
            log.Records.Select(r => $"{Encoding.UTF8.GetString(r.Key)} {(r.Value is null ? "" : Encoding.UTF8.GetString(r.Value))}"));
    }

    [Fact]
    public async Task Registry_StartedOnConfluentsLog_ContinuesIt()
    {
        MemorySchemaLog log = new();
        log.Add("""{"keytype":"NOOP","magic":0}""", null);
        log.Add("""{"keytype":"CONFIG","subject":null,"magic":0}""", """{"compatibilityLevel":"FORWARD"}""");
        log.Add("""{"keytype":"MODE","subject":"a-value","magic":0}""", """{"mode":"READWRITE"}""");
        log.Add("""{"keytype":"SCHEMA","subject":"a-value","version":1,"magic":1}""",
            """{"subject":"a-value","version":1,"id":7,"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","""
            + """\"type\":\"int\"}]}","deleted":false}""");
        log.Add("""{"keytype":"SCHEMA","subject":"b-value","version":1,"magic":1}""",
            """{"subject":"b-value","version":1,"id":9,"md5":"x","schema":"\"string\"","deleted":true}""");

        await using LocalSchemaRegistry registry = await LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions(), Cancel);
        using SchemaRegistryClient client = new(new SchemaRegistryOptions { Url = registry.Url.ToString() });

        Assert.Equal(
            7, await client.RegisterAsync("a-value", """{"type":"record","name":"R","fields":[{"type":"int","name":"a"}]}""", Cancel));
        Assert.Equal(9, await client.RegisterAsync("c-value", "\"string\"", Cancel));
        Assert.Equal(10, await client.RegisterAsync("d-value", "\"bytes\"", Cancel));
        Assert.Equal(["a-value", "c-value", "d-value"], await client.GetSubjectsAsync(Cancel));
        Assert.False(await client.IsCompatibleAsync("a-value", "\"int\"", Cancel));
    }

    [Fact]
    public async Task Registry_Restarted_KnowsTheSame()
    {
        MemorySchemaLog log = new();
        using (SchemaCatalogue before = await SchemaCatalogue.LoadAsync(log, Cancel))
        {
            await before.SetLevelAsync("a-value", CompatibilityLevel.None, Cancel);
            await before.RegisterAsync("a-value", "\"int\"", Cancel);
            await before.RegisterAsync("a-value", "\"string\"", Cancel);
            await before.DeleteVersionAsync("a-value", "1", permanent: false, Cancel);
        }

        using SchemaCatalogue after = await SchemaCatalogue.LoadAsync(log, Cancel);

        Assert.Equal([(1, true), (2, false)], after.State.AllVersions("a-value").Select(v => (v.Version, v.Deleted)));
        Assert.Equal(CompatibilityLevel.None, after.State.SubjectLevel("a-value"));
        Assert.Equal(3, await after.RegisterAsync("a-value", "\"long\"", Cancel));
    }

    [Theory]
    [InlineData(
        """{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}""",
        """{"subject":"a","version":1,"id":1,"schemaType":"PROTOBUF","schema":"","deleted":false}""", "PROTOBUF")]
    [InlineData(
        """{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}""",
        """{"subject":"a","version":1,"id":1,"schema":"{","deleted":false}""", "a version 1")]
    [InlineData(
        """{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}""", """{"subject":"a","version":1,"id":1,"deleted":false}""",
        "a version 1")]
    [InlineData(
        """{"keytype":"SCHEMA","version":1,"magic":1}""", """{"subject":"a","version":1,"id":1,"schema":"\"int\"","deleted":false}""",
        "SCHEMA")]
    [InlineData("not JSON", "{}", "not JSON")]
    [InlineData("null", "{}", "null")]
    public async Task Registry_StartedOnWhatItCannotTakeOver_SaysWhere(string key, string value, string where)
    {
        MemorySchemaLog log = new();
        log.Add(key, value);

        SchemaLogException e = await Assert.ThrowsAsync<SchemaLogException>(
            () => LocalSchemaRegistry.StartAsync(log, new LocalSchemaRegistryOptions(), Cancel));

        Assert.Contains(where, e.Message, StringComparison.Ordinal);
    }
}
