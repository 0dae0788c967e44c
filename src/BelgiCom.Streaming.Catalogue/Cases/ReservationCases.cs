using System.Text.Json;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Cases of sessions that share a balance.</summary>
internal static class ReservationCases
{
    public static IReadOnlyList<string> Run(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        QuotaTerms terms = new()
        {
            PriceNanos = given.Nano("price"),
            Increment = given.Units("increment"),
            ConnectFeeNanos = given.OptionalNano("connectFee") ?? 0,
            IsFree = given.Flag("free"),
            IsBundleOnly = given.Flag("bundleOnly"),
        };
        ReservationState state = new()
        {
            MoneyNanos = given.OptionalNano("money"),
            BundleUnits = given.OptionalUnits("bucket") ?? 0,
        };
        Dictionary<string, UInt128> sessions = new(StringComparer.Ordinal);
        foreach (CaseObject step in one.Objects("steps"))
        {
            string name = step.Text("session");
            sessions.TryAdd(name, (UInt128)sessions.Count);
            QuotaRequest request = new(
                sessions[name], OperationOf(step.Text("op")), step.OptionalUnits("used") ?? 0, step.OptionalUnits("request"));
            state = QuotaReservation.Apply(state, terms, request, 0, out QuotaAnswer answer);
            Compare(step.Object("expected"), state, answer);
        }
    });

    private static QuotaOperation OperationOf(string name) => name switch
    {
        "create" => QuotaOperation.Create,
        "update" => QuotaOperation.Update,
        "release" => QuotaOperation.Release,
        _ => throw new FormatException($"'{name}' is no operation: create, update or release"),
    };

    private static void Compare(CaseObject expected, ReservationState state, QuotaAnswer answer)
    {
        expected.Expect("result", answer.Result switch
        {
            QuotaResult.Granted => "GRANTED",
            QuotaResult.QuotaLimitReached => "QUOTA_LIMIT_REACHED",
            QuotaResult.Released => "RELEASED",
            QuotaResult.UnknownSession => "UNKNOWN_SESSION",
            _ => "RATING_FAILED",
        });
        expected.ExpectWhole("granted", answer.GrantedUnits);
        expected.ExpectFlag("finalUnit", answer.IsFinalUnit);
        expected.Expect("cost", answer.CostNanos);
        expected.ExpectWhole("bucket", state.BundleUnits);
        expected.ExpectWhole("bucketReserved", state.ReservedUnits);
        if (state is { MoneyNanos: { } money, AvailableNanos: { } available })
        {
            expected.Expect("money", money);
            expected.Expect("reserved", state.ReservedNanos);
            expected.Expect("available", available);
        }
    }
}
