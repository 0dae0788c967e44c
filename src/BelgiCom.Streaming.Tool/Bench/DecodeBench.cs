using Avro;
using Avro.Generic;
using Avro.IO;
using Avro.Specific;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// (a) What does it cost to decode one usage record: by our view over its octets, by Apache.Avro's generic and by its specific reader? By
/// processor time, so that other processes do not count.
/// </summary>
internal static class DecodeBench
{
    private const int Bodies = 1024;
    private static readonly string[] Units = ["ns/record", "B/record"];

    private delegate long Decode(byte[] body);

    public static async Task<(IReadOnlyList<Series> Series, IReadOnlyList<Ratio> Ratios)> RunAsync(int rounds, CancellationToken stopping)
    {
        // Different records: a branch predictor learns one record by heart.
        byte[][] bodies = BenchUsage.Bodies(Bodies);
        Schema schema = Schema.Parse(UsageReceived.SchemaJson);
        GenericDatumReader<GenericRecord> generic = new(schema, schema);
        SpecificDatumReader<Specific.UsageReceived> specific = new(Specific.UsageReceived.ClassSchema, Specific.UsageReceived.ClassSchema);
        IReadOnlyList<Series[]> results = await Rounds.RunAsync(
            "a",
            rounds,
            [
                Contender(
                    "our view", bodies, 2_000_000,
                    body =>
                        UsageReceivedView.TryRead(body, out UsageReceivedView view)
                            ? view.TotalOctets
                            : throw new InvalidDataException("not a usage record")),
                Contender(
                    "Apache.Avro generic", bodies, 100_000,
                    body =>
                        (long)generic.Read(null!, new BinaryDecoder(new MemoryStream(body)))
                            .GetValue(Specific.UsageReceived.TotalOctetsPosition)),
                Contender(
                    "Apache.Avro specific", bodies, 100_000,
                    body => specific.Read(null!, new BinaryDecoder(new MemoryStream(body))).TotalOctets),
            ],
            stopping);
        (Series[] ours, Series[] general, Series[] particular) = (results[0], results[1], results[2]);
        return (
            [.. results.SelectMany(series => series)],
            [
                Ratio.Between("a", "generic reader's time / ours", general[0], ours[0], 15),
                Ratio.Between("a", "specific reader's time / ours", particular[0], ours[0], reach: null),
                Ratio.Against("a", "our octets allocated per record", ours[1], 1, 0, atMost: true),
            ]);
    }

    private static Contender Contender(string name, byte[][] bodies, int records, Decode decode) =>
        new(name, Units, _ => Task.FromResult(Measure(bodies, records, decode)));

    private static double[] Measure(byte[][] bodies, int records, Decode decode)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan started = Environment.CpuUsage.TotalTime;
        long sum = 0;
        for (int i = 0; i < records; i++)
        {
            sum += decode(bodies[i & (Bodies - 1)]);
        }

        TimeSpan elapsed = Environment.CpuUsage.TotalTime - started;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return sum > 0
            ? [elapsed.TotalNanoseconds / records, (double)allocated / records]
            : throw new InvalidDataException("nothing was decoded");
    }
}
