using System.Globalization;
using System.Numerics;
using System.Text.Json;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>Cases of what is computed for a period: commitments, pro-rata, discounts, rollover, fair use.</summary>
internal static class PeriodCases
{
    public static IReadOnlyList<string> Commit(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        long charged = given.Nano("charged");
        if (given.OptionalNano("maximum") is { } maximum)
        {
            long discount = Commitment.MaximumDiscount(maximum, given.OptionalNano("chargedBefore") ?? 0, charged);
            charged += discount;
            expected.Expect("maximumDiscount", discount);
            expected.Expect("chargedNow", charged);
        }

        if (given.OptionalNano("minimum") is { } minimum)
        {
            PeriodShare share = given.Has("fraction") ? ShareOf(given.Wholes("fraction")) : PeriodShare.Whole;
            long missing = Commitment.TrueUp(minimum, share, charged + (given.OptionalNano("chargedBefore") ?? 0));
            expected.Expect("trueUp", given.Flag("last", otherwise: true) ? missing : 0);
        }
    });

    public static IReadOnlyList<string> ProRate(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        PeriodShare share = PeriodShare.Of(
            given.Date("activeFrom"), given.Date("activeTo"), given.Date("periodFrom"), given.Date("periodTo"));
        int divisor = Math.Max(1, (int)BigInteger.GreatestCommonDivisor(share.Days, share.OfDays));
        expected.Expect(
            "fraction", string.Create(CultureInfo.InvariantCulture, $"{share.Days / divisor}/{share.OfDays / divisor}"));
        expected.ExpectWhole("days", share.Days);
        expected.ExpectWhole("ofDays", share.OfDays);
        if (given.OptionalNano("fee") is { } whole)
        {
            long fee = share.OfAmount(whole);
            BillTotals bill = BillTotals.Of(
                given.Basis("priceBasis"), MoneyCases.DecimalsOf(given), [new BillAmount(fee, MoneyCases.Rate(given))]);
            expected.Expect("fee", fee);
            expected.Expect("billNet", bill.NetNanos);
            expected.Expect("billVat", bill.TaxNanos);
            expected.Expect("billGross", bill.GrossNanos);
        }

        if (given.OptionalUnits("allowance") is { } allowance)
        {
            expected.ExpectUnits("allowance", share.OfAllowance(allowance, given.OptionalUnits("step") ?? 1));
        }
    });

    public static IReadOnlyList<string> Reduce(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        CaseObject expected = one.Object("expected");
        Discount discount = new()
        {
            FreeUnits = given.OptionalWhole("freeUnits") ?? 0,
            PercentNanos = given.OptionalNano("percentOff") ?? 0,
            FixedNanos = given.OptionalNano("fixedOff") ?? 0,
            MaximumNanos = given.OptionalNano("maximumPerPeriod"),
        };
        long before = given.OptionalNano("chargedBefore") ?? 0;
        if (given.Has("lines"))
        {
            Spread(given, expected, discount);
        }
        else if (given.Has("events"))
        {
            List<DiscountedCharge> charges = [];
            foreach (long amount in given.NanoList("events"))
            {
                charges.Add(discount.Of(amount, before));
                before += charges[^1].ChargedNanos;
                discount = discount with { FixedNanos = discount.FixedNanos + charges[^1].FixedNanos };
            }

            expected.Expect("perEvent", charges.Select(charge => (Int128)(charge.ChargedNanos - charge.GrossNanos)));
            expected.Expect("charged", charges.Sum(charge => charge.ChargedNanos));
        }
        else
        {
            long units = given.Whole("units");
            long free = discount.FreeOf(units, given.OptionalWhole("unitsBefore") ?? 0);
            expected.ExpectWhole("discountedUnits", free);
            expected.ExpectWhole("pricedUnits", units - free);
            if (given.OptionalNano("price") is { } price)
            {
                long gross = RoundingPolicy.TryPrice(units - free, price, 1, out long nanos) ? nanos : throw new OverflowException();
                DiscountedCharge charge = discount.Of(gross, before);
                expected.Expect("gross", charge.GrossNanos);
                expected.Expect("percentDiscount", charge.PercentNanos);
                expected.Expect("fixedDiscount", charge.FixedNanos);
                expected.Expect("maximumDiscount", charge.MaximumNanos);
                expected.Expect("charged", charge.ChargedNanos);
            }
        }
    });

    public static IReadOnlyList<string> RollOver(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        Rollover rollover = new(given.OptionalWhole("maxCarriedOver"), (int)given.Whole("livesPeriods"));
        IReadOnlyList<CaseObject> periods = given.Objects("periods");
        IReadOnlyList<CaseObject> expected = one.Object("expected").Objects("periods");
        IReadOnlyList<long> carried = [];
        for (int index = 0; index < periods.Count; index++)
        {
            RolloverPeriod period = rollover.Close(carried, periods[index].Whole("granted"), periods[index].Whole("used"));
            carried = period.Carried;
            expected[index].ExpectWhole("opening", period.Opening);
            expected[index].ExpectWhole("used", period.Used);
            expected[index].ExpectWhole("aboveBundle", period.AboveBundle);
            expected[index].ExpectWhole("carriedOver", period.CarriedOver);
        }
    });

    public static IReadOnlyList<string> UseFairly(JsonElement content) => CaseObject.Run(content, one =>
    {
        CaseObject given = one.Object("given");
        bool isGross = given.Has("priceGross");
        FairUse volume = FairUse.Of(
            given.Nano(isGross ? "priceGross" : "priceNet"), isGross ? PriceBasis.Gross : PriceBasis.Net, MoneyCases.Rate(given),
            given.Nano("wholesaleCapPerGB"));
        CaseObject expected = one.Object("expected");
        expected.Expect("exactGB", volume.ExactNanos);
        expected.Expect("allowanceGB", (Int128)volume.Gigabytes * Nanos.PerUnit);
    });

    private static void Spread(CaseObject given, CaseObject expected, Discount discount)
    {
        IReadOnlyList<CaseObject> lines = given.Objects("lines");
        string[] names = [.. lines.Select(line => line.Text("id"))];
        VatRate[] rates = [.. lines.Select(MoneyCases.Rate)];
        int decimals = MoneyCases.DecimalsOf(given);

        // The percentage of each line goes before the fixed amount, which is spread by what is left. (D-22)
        Discount percent = new() { PercentNanos = discount.PercentNanos };
        long[] nets = [.. lines.Select(line => (long)RoundingPolicy.BillLine(percent.Of(line.Nano("net"), 0).ChargedNanos, decimals))];
        IReadOnlyList<long> off = Discount.Spread(discount.FixedNanos, nets, decimals);
        BillAmount[] left = [.. nets.Select((net, index) => new BillAmount(net + off[index], rates[index]))];
        BillTotals totals = BillTotals.Of(PriceBasis.Net, decimals, left);
        ExpectLines(expected, "allocated", names, index => off[index]);
        ExpectLines(expected, "vat", names, index => BillTotals.Of(PriceBasis.Net, decimals, [left[index]]).TaxNanos);
        expected.Expect("net", totals.NetNanos);
        expected.Expect("vatTotal", totals.TaxNanos);
        expected.Expect("gross", totals.GrossNanos);
    }

    private static void ExpectLines(CaseObject expected, string key, string[] names, Func<int, Int128> nanos)
    {
        if (expected.OptionalObject(key) is { } lines)
        {
            for (int index = 0; index < names.Length; index++)
            {
                lines.Expect(names[index], nanos(index));
            }
        }
    }

    private static PeriodShare ShareOf(IReadOnlyList<int> fraction) => fraction.Count == 2
        ? new PeriodShare(fraction[0], fraction[1])
        : throw new FormatException("'fraction' is days of days: two whole numbers");
}
