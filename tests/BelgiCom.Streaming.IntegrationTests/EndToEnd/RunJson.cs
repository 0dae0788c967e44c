using System.Text.Json;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>The fields of <c>run --json</c> that tests compare.</summary>
internal static class RunJson
{
    private static readonly string[] Outcomes =
        ["rated", "zeroRated", "duplicate", "late", "suspended", "rejected", "conflict", "discarded"];

    public static long Records(this JsonElement run, string name) => run.GetProperty("records").GetProperty(name).GetInt64();

    public static long TotalRecords(this JsonElement run, string name) =>
        run.GetProperty("total").GetProperty("records").GetProperty(name).GetInt64();

    public static long ControlTotal(this JsonElement run, string name) => run.GetProperty("controlTotals").GetProperty(name).GetInt64();

    public static long BilledLines(this JsonElement run) => run.GetProperty("billed").GetProperty("lines").GetInt64();

    public static string BilledAmount(this JsonElement run) => run.GetProperty("billed").GetProperty("amount").GetString()!;

    /// <summary>received + carriedOver = sum of the outcomes, in this run and in all.</summary>
    public static JsonElement AssertConserved(this JsonElement run)
    {
        Assert.Equal(run.Records("received") + run.Records("carriedOver"), Outcomes.Sum(outcome => run.Records(outcome)));
        Assert.Equal(run.TotalRecords("received"), Outcomes.Sum(outcome => run.TotalRecords(outcome)));
        Assert.True(run.GetProperty("conserved").GetBoolean());
        Assert.True(run.GetProperty("reconciled").GetBoolean());
        return run;
    }
}
