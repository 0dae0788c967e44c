using System.Data.Common;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Billing;

/// <summary>
/// What an amount is of. Only amounts with the same terms stand in one total: a currency is never added to another, and an amount with VAT
/// never to one without.
/// </summary>
/// <param name="Currency">ISO 4217 code; empty where nothing is billed.</param>
/// <param name="Basis">Whether the amount is without VAT or with it.</param>
/// <param name="VatPermille">Rate of VAT in permille; <see cref="UnknownVat"/> when it is not known.</param>
public readonly record struct AmountTerms(string Currency, PriceBasis Basis, int VatPermille)
{
    /// <summary>The rate of usage that was rated before rating named it.</summary>
    public const int UnknownVat = -1;

    /// <summary>The columns of a table that has amounts, for <see cref="Read"/>.</summary>
    internal const string Columns = "currency, price_basis, vat_permille";

    internal static AmountTerms Read(DbDataReader reader, int column) => new(
        reader.GetString(column), (PriceBasis)reader.GetInt64(column + 1), (int)reader.GetInt64(column + 2));
}
