using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What must hold for an add-on to stand beside a main offering: one bill, one limit and one wallet count the amounts of both.
/// </summary>
public static class AddOnTerms
{
    /// <summary>Why an add-on cannot stand beside a main offering, as the end of a sentence that names it; null when it can.</summary>
    /// <param name="addOn">A version of the add-on.</param>
    /// <param name="main">A version of the main offering.</param>
    public static string? WhyNot(OfferingVersion addOn, OfferingVersion main) =>
        main.AddOnTo.Count > 0 ? "which is an add-on itself; name a main offering."
        : !addOn.AddOnTo.Contains(main.Offering) ? "to which it is no add-on."
        : main.Currency != addOn.Currency
            ? $"which is in {main.Currency}, and this one in {addOn.Currency}: amounts of two currencies have no sum."
        : main.PriceBasis != addOn.PriceBasis
            ? "of which the prices are on the other basis: amounts with VAT and without have no sum."
        : main.VatPermille != addOn.VatPermille
            ? $"which has {main.VatPermille} ‰ VAT, and this one {addOn.VatPermille} ‰: a limit could not count both."
        : main.PaymentMethod != addOn.PaymentMethod
            ? "which is paid in the other way (paymentMethod): who pays before use cannot get a bill for a part of it."
        : addOn.TopUps.Count > 0 ? "whose top-ups bring what it says itself: leave 'topUps' out of the add-on."
        : null;
}
