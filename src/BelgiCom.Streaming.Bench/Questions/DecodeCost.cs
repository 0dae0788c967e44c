using Avro;
using Avro.Generic;
using Avro.IO;
using Avro.Specific;
using BelgiCom.Streaming.Contracts;
using SpecificUsage = BelgiCom.Streaming.Bench.Specific.UsageReceived;

namespace BelgiCom.Streaming.Bench;

/// <summary>
/// (a) What does it cost to decode one usage record: by our view over its octets, by our class, by Apache.Avro's generic reader and by
/// its specific one? By processor time, so that other processes do not count.
/// </summary>
internal static class DecodeCost
{
    private const int Bodies = 1024;
    private const string View = "our view";
    private const string Generic = "Apache.Avro generic";
    private const string Specific = "Apache.Avro specific";
    private static readonly string[] Units = ["ns/record", "B/record"];

    /// <summary>Reads the total octets out of a record.</summary>
    internal delegate long TotalOctets(byte[] body);

    public static async Task<Findings> RunAsync(int rounds, CancellationToken stopping)
    {
        // The records differ, because a branch predictor would learn a single record by heart.
        byte[][] bodies = UsageLoad.Bodies(Bodies);
        IReadOnlyList<Series[]> results = await Rounds.RunAsync(
            "a", rounds, [.. Readers().Select(reader => Contender(reader.Name, bodies, reader.Records, reader.Read))], stopping);
        Series[] Of(string name) => results.Single(series => series[0].Contender == name);
        Series[] ours = Of(View);
        return new Findings(
            [.. results.SelectMany(series => series)],
            [
                Ratio.Between("a", "generic reader's time / ours", Of(Generic)[0], ours[0], 15),
                Ratio.Between("a", "specific reader's time / ours", Of(Specific)[0], ours[0], reach: null),
                Ratio.Against("a", "our octets allocated per record", ours[1], 1, 0, atMost: true),
            ]);
    }

    /// <summary>The reader, and the number of records in a round.</summary>
    internal static IReadOnlyList<(string Name, int Records, TotalOctets Read)> Readers()
    {
        Schema schema = Schema.Parse(UsageReceived.SchemaJson);
        GenericDatumReader<GenericRecord> generic = new(schema, schema);
        SpecificDatumReader<SpecificUsage> specific = new(SpecificUsage.ClassSchema, SpecificUsage.ClassSchema);
        byte[] room = new byte[4096];
        return
        [
            (View, 2_000_000, body => ViewOf(body).TotalOctets),
            ("our view, written again", 1_000_000, body =>
            {
                UsageReceivedView view = ViewOf(body);
                return view.Write(room) > 0 ? view.TotalOctets : 0;
            }),
            ("our class", 500_000, body => UsageReceived.Read(body).TotalOctets),
            (Generic, 100_000, body => (long)generic.Read(null!, new BinaryDecoder(new MemoryStream(body)))
                .GetValue(SpecificUsage.TotalOctetsPosition)),
            (Specific, 100_000, body => specific.Read(null!, new BinaryDecoder(new MemoryStream(body))).TotalOctets),
        ];
    }

    private static UsageReceivedView ViewOf(byte[] body) =>
        UsageReceivedView.TryRead(body, out UsageReceivedView view) ? view : throw new InvalidDataException("not a usage record");

    private static Contender Contender(string name, byte[][] bodies, int records, TotalOctets read) =>
        new(name, Units, _ => Task.FromResult(Measure(bodies, records, read)));

    private static double[] Measure(byte[][] bodies, int records, TotalOctets read)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan started = Environment.CpuUsage.TotalTime;
        long sum = 0;
        for (int i = 0; i < records; i++)
        {
            sum += read(bodies[i & (Bodies - 1)]);
        }

        TimeSpan elapsed = Environment.CpuUsage.TotalTime - started;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return sum > 0
            ? [elapsed.TotalNanoseconds / records, (double)allocated / records]
            : throw new InvalidDataException("nothing was decoded");
    }
}
