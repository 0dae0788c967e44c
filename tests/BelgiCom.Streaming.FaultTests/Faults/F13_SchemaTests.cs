using System.Text.Json.Nodes;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F13: a producer with a schema that does not fit. The registry refuses it; a producer that goes round the registry is set aside.
/// </summary>
public sealed class F13_SchemaTests
{
    // BACKWARD asks that new consumers read old records, so the registry lets a field go that the consumers of today need.
    private const string FieldRemoved = "field removed";

    // Our body lacks the field, so the schema can be read as ours and the value cannot.
    private const string FieldAdded = "field added without default";

    private static readonly (string Name, Action<JsonArray> Change)[] Evolutions =
    [
        (FieldAdded, fields => fields.Add(JsonNode.Parse("""{"name":"sliceId","type":"string"}"""))),
        (FieldRemoved, fields => fields.RemoveAt(IndexOf(fields, "eventTime"))),
        ("text where there was a number", fields => fields[IndexOf(fields, "durationSeconds")]!["type"] = "string"),
        ("number where there was text", fields => fields[IndexOf(fields, "source")]!["type"] = "long"),
        ("fixed of another size", fields => fields[IndexOf(fields, "usageId")]!["type"]!["size"] = 8),
        ("record where there was a number", fields => fields[IndexOf(fields, "recordIndex")]!["type"] =
            JsonNode.Parse("""{"type":"record","name":"Index","fields":[{"name":"value","type":"int"}]}""")),
        ("optional where there was none", fields => fields[IndexOf(fields, "node")]!["type"] = new JsonArray("null", "long")),
        ("renamed without alias or default", fields => fields[IndexOf(fields, "totalOctets")]!["name"] = "allOctets"),
    ];

    [Fact]
    public async Task F13_SchemaThatDoesNotFit_IsRefusedAndSetAsideWhenForced()
    {
        int seed = Seed.Next();
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        string subject = SchemaSubjects.ForValue(Topics.UsageReceived);
        FaultUsage usage = platform.Usage(seed);
        RatingProcess worker = platform.StartWorker("a");
        platform.Send(usage.Events(0, 200));
        List<UsageToSend> forced = [];
        foreach ((string name, Action<JsonArray> change) in Evolutions)
        {
            string schema = Changed(change);
            IReadOnlyList<string> problems = await SchemaSubjects.CheckAsync(
                platform.Registry, Topics.UsageReceived, schema, TestContext.Current.CancellationToken);
            Assert.True(problems.Count == 0 == (name == FieldRemoved), $"{name}: {string.Join("; ", problems)}");
            if (problems.Count > 0)
            {
                SchemaRegistryException refusal = await Assert.ThrowsAsync<SchemaRegistryException>(
                    () => platform.Registry.RegisterAsync(subject, schema, TestContext.Current.CancellationToken));
                Assert.Equal(SchemaRegistryFailure.Incompatible, refusal.Failure);
            }

            // Under a subject of its own nobody compares the schema; its id is as good as any on the wire.
            string own = $"faults.forced{forced.Count}-value";
            int id = await platform.Registry.RegisterAsync(own, schema, TestContext.Current.CancellationToken);
            UsageToSend record = usage.Event(1000 + forced.Count);
            byte[] value = [.. record.Value!];
            WireFormat.WriteHeader(value, id);
            if (name == FieldAdded)
            {
                platform.Readable[id] = Recomputation.NeverFits;
            }

            forced.Add(record with { Value = value });
        }

        platform.Send([.. forced, .. usage.Events(2000, 200)]);
        await platform.UntilRatedAsync(worker);
        await worker.DrainAsync();

        TopicContents contents = platform.AssertExact();
        Assert.Equal(400, contents.Rated.Count);
        Assert.Equal(forced.Count, contents.Rejected.Count);

        // Our body lacks the added field; every other schema cannot be read as ours at all.
        Assert.Equal(forced.Count - 1, contents.Rejected.Count(line => line.Reason == RejectedReason.UnknownSchema));
        Assert.Single(contents.Rejected, line => line.Reason == RejectedReason.Undecodable);
    }

    private static string Changed(Action<JsonArray> change)
    {
        JsonNode schema = JsonNode.Parse(UsageReceived.SchemaJson)!;
        change(schema["fields"]!.AsArray());
        return schema.ToJsonString();
    }

    private static int IndexOf(JsonArray fields, string name) =>
        fields.Select((field, index) => (field, index)).First(entry => (string)entry.field!["name"]! == name).index;
}
