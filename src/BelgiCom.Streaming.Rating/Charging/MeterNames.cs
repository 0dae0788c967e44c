using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>What a meter counts, in the words of an offering version.</summary>
/// <param name="Kind">What it counts.</param>
/// <param name="Index">Index of the bundle, price or top-up in the version; -1 for what has none.</param>
/// <param name="Name">Id of the bundle, price or pass, scope of the spend, or limit and step.</param>
public sealed record NamedMeter(MeterKind Kind, int Index, string Name);

/// <summary>Tells the meters of a rated event apart by the offering version that it was rated by. For whoever explains a charge.</summary>
public sealed class MeterNames
{
    private readonly Dictionary<ulong, NamedMeter> _names = [];
    private readonly (ulong Bundle, NamedMeter Name)[] _topUps;

    /// <summary>Names what a version counts.</summary>
    /// <param name="published">The version.</param>
    public MeterNames(OfferingVersion published)
    {
        PriceList list = new(published);
        foreach (PriceList.BundleTerms bundle in list.Bundles)
        {
            _names[bundle.Meter] = new NamedMeter(MeterKind.Bundle, bundle.Index, bundle.Name);
            foreach (ulong carried in bundle.CarriedMeters)
            {
                _names[carried] = new NamedMeter(MeterKind.Carried, bundle.Index, bundle.Name);
            }
        }

        _topUps = [
            .. list.TopUps.Select(topUp => (
                MeterId.Of(MeterKind.Bundle, topUp.Published.Bundle.Id),
                new NamedMeter(MeterKind.TopUp, topUp.Place, topUp.Published.Bundle.Id)))];
        foreach ((int index, OfferingPrice price) in published.Prices.Index())
        {
            PriceList.Row row = new(price, index, published);
            _names.TryAdd(row.PeriodMeter, new NamedMeter(MeterKind.Period, index, price.Id));
            if (price.Pass is { } pass)
            {
                _names.TryAdd(row.PassMeter, new NamedMeter(MeterKind.Pass, index, pass.Id));
                _names.TryAdd(row.PassesMeter, new NamedMeter(MeterKind.Passes, index, pass.Id));
                _names.TryAdd(row.FreeMessagesMeter, new NamedMeter(MeterKind.FreeMessages, index, pass.Id));
            }
        }

        foreach (SpendScope scope in Enum.GetValues<SpendScope>())
        {
            _names.TryAdd(MeterId.Of(MeterKind.Spend, scope.ToString()), new NamedMeter(MeterKind.Spend, -1, scope.ToString()));
        }

        foreach (SpendMeasure measure in SpendLimit.Of(published).Select(limit => limit.Measure).OfType<SpendMeasure>())
        {
            _names.TryAdd(measure.Meter, new NamedMeter(MeterKind.Spend, -1, measure.Key));
        }
    }

    /// <summary>What a meter counts; null for one of a session, of a limit's step, or of another version.</summary>
    public NamedMeter? Find(UsageMeter meter) => _names.GetValueOrDefault((ulong)meter.Id)
        ?? Array.Find(_topUps, topUp => GrantedBundle.MeterOf(topUp.Bundle, meter.From) == (ulong)meter.Id).Name;

    /// <summary>The meter of an event that counts something; null when the event did not change it.</summary>
    /// <param name="meters">Meters of the event.</param>
    /// <param name="kind">What it counts.</param>
    /// <param name="index">Index of the bundle or price; prices of one id have one.</param>
    /// <param name="from">First day of the month or bundle; null for any.</param>
    public UsageMeter? Find(IEnumerable<UsageMeter> meters, MeterKind kind, int index, long? from = null) => meters.FirstOrDefault(
        meter => Find(meter) is { } named && named.Kind == kind && named.Index == index && (from is null || meter.From == from));

    /// <summary>What the session of an event has charged, its own units included; null when nothing is kept of it.</summary>
    /// <param name="meters">Meters of the event.</param>
    public SessionCount? SessionOf(IEnumerable<UsageMeter> meters) => meters.Where(meter => Find(meter) is null)
        .GroupBy(meter => meter.Id).Select(SessionMeters.CountOf).FirstOrDefault(session => session is not null);
}
