using System.Numerics;
using System.Text;
using BelgiCom.Streaming.Contracts;
using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Bills: rounding, VAT, totals, another currency (D-01, D-24, D-25). What is exact is computed again with fractions.</summary>
public sealed class MoneyTests
{
    private const int Cases = 10_000;
    private const long Cent = 10_000_000;

    private static readonly Gen<long> AnyAmount = Gen.OneOf(
        Gen.Long[-Nanos.Max, Nanos.Max], Gen.Long[-100 * Cent, 100 * Cent], Gen.Int[-1000, 1000].Select(cents => cents * (Cent / 2)));

    private static readonly Gen<VatRate> AnyRate = Gen.OneOf(
        Gen.OneOf(0, 60, 120, 210).Select(VatRate.OfPermille), Gen.Int[0, 10_000].Select(number => VatRate.OfPercent(number / 100m)));

    private static readonly Gen<BillAmount[]> AnyLines =
        Gen.Select(AnyAmount, AnyRate, (nanos, rate) => new BillAmount(nanos, rate)).Array[0, 12];

    private static readonly Gen<PriceBasis> AnyBasis = Gen.OneOf(PriceBasis.Net, PriceBasis.Gross);

    [Theory]
    [InlineData("0", "0")]
    [InlineData("0.004999999", "0")]
    [InlineData("0.005", "0.01")]
    [InlineData("-0.004999999", "0")]
    [InlineData("-0.005", "-0.01")]
    [InlineData("0.000000001", "0")]
    [InlineData("999999999.994999999", "999999999.99")]
    [InlineData("999999999.995", "1000000000.00")]
    public void BillLine_AtTheHalfCent_IsRoundedAwayFromZero(string amount, string expected) =>
        Assert.Equal(Decimal(expected), Nanos.ToDecimal(RoundingPolicy.BillLine(Given.Nanos(amount), 2)));

    [Fact]
    public void BillLine_OfAnyAmount_IsTheNearestAndMirrorsItsReversal() =>
        Gen.Select(AnyAmount, Gen.Int[0, 9]).Sample((amount, decimals) =>
        {
            long smallest = (long)BigInteger.Pow(10, 9 - decimals);
            Int128 line = RoundingPolicy.BillLine(amount, decimals);

            Assert.Equal(0, line % smallest);
            Assert.InRange(2 * Int128.Abs(line - amount), 0, smallest);
            Assert.True(2 * Int128.Abs(line - amount) < smallest || Int128.Abs(line) > Math.Abs(amount));
            Assert.Equal(-line, RoundingPolicy.BillLine(-amount, decimals));
        }, iter: Cases);

    [Fact]
    public void P7_TotalsOfABill_AreTheSumsOfItsRoundedLines() =>
        Gen.Select(AnyLines, AnyBasis, Gen.Int[0, 3]).Sample((lines, basis, decimals) =>
        {
            BillTotals bill = BillTotals.Of(basis, decimals, lines);

            Int128 sum = bill.Lines.Aggregate(Int128.Zero, (total, line) => total + line);
            Assert.Equal(basis == PriceBasis.Gross ? bill.GrossNanos : bill.NetNanos, sum);
            Assert.Equal(sum, bill.Taxes.Aggregate(Int128.Zero, (total, tax) => total + tax.SumNanos));
            Assert.Equal(bill.TaxNanos, bill.Taxes.Aggregate(Int128.Zero, (total, tax) => total + tax.TaxNanos));
            Assert.Equal(bill.Taxes.Count, bill.Taxes.Select(tax => tax.Rate).Distinct().Count());
            foreach (BillTax tax in bill.Taxes)
            {
                // The tax is within half a smallest unit of the fraction, which is compared without dividing.
                BigInteger whole = basis == PriceBasis.Gross ? Nanos.PerUnit + tax.Rate.Nanos : Nanos.PerUnit;
                BigInteger error = BigInteger.Abs((whole * (BigInteger)tax.TaxNanos) - ((BigInteger)tax.SumNanos * tax.Rate.Nanos));
                Assert.True(2 * error <= whole * BigInteger.Pow(10, 9 - decimals));
            }
        }, iter: Cases);

    [Fact]
    public void P4_BillAndItsCreditNote_AreZero() =>
        Gen.Select(AnyLines, AnyBasis).Sample((lines, basis) =>
        {
            BillTotals bill = BillTotals.Of(basis, 2, lines);
            BillTotals credit = BillTotals.Of(basis, 2, [.. lines.Select(line => line with { Nanos = -line.Nanos })]);

            Assert.Equal(bill.Lines, credit.Lines.Select(line => -line));
            Assert.Equal(
                (bill.NetNanos, bill.TaxNanos, bill.GrossNanos), (-credit.NetNanos, -credit.TaxNanos, -credit.GrossNanos));
        }, iter: Cases);

    [Fact]
    public void Total_OfAGrossPriceList_StaysWhatWasPromised() => Gen.Long[0, Nanos.Max / Cent].Sample(cents =>
    {
        BillTotals bill = BillTotals.Of(PriceBasis.Gross, 2, [new BillAmount(cents * Cent, VatRate.OfPermille(210))]);

        // 100/121 of the price is net: the nearest cent by whole numbers.
        Assert.Equal(cents * Cent, bill.GrossNanos);
        Assert.InRange(Int128.Abs((bill.NetNanos / Cent * 121) - ((Int128)cents * 100)) * 2, 0, 121);
    }, iter: Cases);

    [Theory]
    [InlineData("EUR", 2)]
    [InlineData("JPY", 0)]
    [InlineData("TND", 3)]
    [InlineData("CLF", 4)]
    public void Currency_OfIso4217_HasTheDecimalsOfItsSmallestUnit(string code, int decimals) =>
        Assert.Equal(decimals, Of(code).Decimals);

    [Theory]
    [InlineData("107.51", "USD", "1.0837", "116.51")] // 116.508587
    [InlineData("-107.51", "USD", "1.0837", "-116.51")]
    [InlineData("0.01", "JPY", "162.45", "2")] // 1.6245
    [InlineData("1.00", "TND", "3.3335", "3.334")]
    [InlineData("999999999.99", "JPY", "999.999999999", "999999999989")] // 999999999989.00000000001
    public void Total_InAnotherCurrency_IsConvertedOnceToItsDecimals(string net, string to, string rate, string expected) => Assert.Equal(
        Decimal(expected), Nanos.ToDecimal(new ExchangeRate(Of("EUR"), Of(to), Given.Nanos(rate)).Convert(Given.Nanos(net))));

    [Fact]
    public void ExchangeRate_OfACurrencyToItself_IsOne()
    {
        Assert.Equal(1_234 * Cent, new ExchangeRate(Of("EUR"), Of("EUR"), Nanos.PerUnit).Convert(1_234 * Cent));
        Assert.Throws<ArgumentException>(() => new ExchangeRate(Of("EUR"), Of("EUR"), Nanos.PerUnit + 1));
        Assert.Throws<ArgumentException>(() => new ExchangeRate(Of("EUR"), default, Nanos.PerUnit));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExchangeRate(Of("EUR"), Of("USD"), 0));
    }

    [Theory]
    [InlineData("-0.01")]
    [InlineData("100.01")]
    [InlineData("7.00000001")]
    public void VatRate_ThatIsNone_IsRefused(string percent) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VatRate.OfPercent(Decimal(percent)));

    private static Currency Of(string code) => Currency.Of(Encoding.ASCII.GetBytes(code));

    private static decimal Decimal(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
