using System.Text.Json;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// A month as a billing clerk closes it, with the sample offerings. Nobody used anything, so the price list is all arithmetic.
/// </summary>
public sealed class BillCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Data => _folder.Under("data");

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// February 2026 has 28 days. be-plan-60 is 20.00 a month with VAT, in advance: 20.00 and 20 of 28 days for February, 40.00 for March.
    /// iot-pool is 1.00 once and 0.80 a month for each of up to 100 devices, without VAT, in arrears.
    /// </summary>
    [Fact]
    public async Task Close_SampleOfferings_BillsTheirFees()
    {
        Write(
            "999000000001,,BE-1,be-plan-60,,", "999000000002,,BE-1,be-plan-60,2026-02-09T00:00:00+01:00,",
            "999000000003,,BE-2,iot-pool,2026-02-28T10:00:00+01:00,");

        JsonElement closed = (await CloseAsync("202602")).WithExitCode(0).Json;
        JsonElement bills = (await BuiltTool.RunAsync("bill", "show", "--data", Data, "--exchange", "EUR/USD=1.0837", "--json"))
            .WithExitCode(0).Json.GetProperty("bills");

        Assert.Equal(1, closed.GetProperty("close").GetInt32());
        Assert.Equal(
            ["fee monthly 34.29 20.00 + 14.285714286", "fee monthly 40.00 40.00"],
            bills[0].GetProperty("lines").EnumerateArray().Select(line =>
                $"{line.GetProperty("kind").GetString()} {line.GetProperty("item").GetString()} {line.GetProperty("amount").GetString()} "
                + string.Join(" + ", line.GetProperty("words").GetString()!.Split("; ").Select(words => words.Split(" = ")[1]))));
        // 74.29 / 1.21 = 61.3967, and 74.29 x 1.0837 = 80.5081
        Assert.Equal("74.29 12.89 61.40", Totals(bills[0]));
        Assert.Equal("80.51", bills[0].GetProperty("exchange").GetProperty("gross").GetString());
        Assert.Equal(
            ["activation 1.00", "device 0.80"],
            bills[1].GetProperty("lines").EnumerateArray().Select(
                line => $"{line.GetProperty("item").GetString()} {line.GetProperty("amount").GetString()}"));
        Assert.Equal("2.18 0.38 1.80", Totals(bills[1]));

        Assert.Equal(0, (await CloseAsync("202602")).WithExitCode(0).Json.GetProperty("close").GetInt32());
    }

    [Fact]
    public async Task Close_MonthThatIsNotOver_OnlyAsADryRun()
    {
        Write("999000000001,,BE-1,be-plan-60,,");

        Finished refused = await CloseAsync("209901");
        Finished tried = await CloseAsync("209901", "--dry-run");

        Assert.Contains("2099-02-01", refused.WithExitCode(1).Error, StringComparison.Ordinal);
        Assert.Equal("40.00", tried.WithExitCode(0).Json.GetProperty("totals")[0].GetProperty("gross").GetString());
        (await BuiltTool.RunAsync("bill", "show", "--data", Data)).WithExitCode(1);
    }

    [Theory]
    [InlineData("202613")]
    [InlineData("november")]
    public async Task Close_WhatIsNoMonth_IsRefused(string period)
    {
        Write("999000000001,,BE-1,be-plan-60,,");

        (await CloseAsync(period)).WithExitCode(1);
    }

    private static string Totals(JsonElement bill) =>
        $"{bill.GetProperty("gross").GetString()} {bill.GetProperty("totalVat").GetString()} {bill.GetProperty("net").GetString()}";

    private void Write(params string[] lines)
    {
        Directory.CreateDirectory(Path.Combine(Data, "keys"));
        File.WriteAllLines(_folder.Under("subscriptions.csv"), ["msisdn,imsi,account,offering,validFrom,validTo", .. lines]);
    }

    private Task<Finished> CloseAsync(string period, params string[] more) => BuiltTool.RunAsync([
        "bill", "close", "--period", period, "--catalogue", Path.Combine(AppContext.BaseDirectory, "Samples", "offerings"),
        "--subscriptions", _folder.Under("subscriptions.csv"), "--data", Data, "--json", .. more]);
}
