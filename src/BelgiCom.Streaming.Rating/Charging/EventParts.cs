using System.Runtime.InteropServices;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The parts of rated events since the last commit or abort. A part gets the version, price and band that are in force when it is added;
/// units that follow under the same ones join it, and its amount is computed from all its units, once.
/// </summary>
/// <param name="terms">What is in force.</param>
internal sealed class EventParts(TermsInForce terms)
{
    // Most parts of one event. A record of usage.rated.v1 holds them, and a broker takes 1 MB.
    private const int MostParts = 2048;

    private readonly List<RatedPart> _parts = [];
    private int _first;
    private int _firstOfRecord;
    private bool _overflows;

    /// <summary>The parts of all events.</summary>
    public ReadOnlySpan<RatedPart> All => CollectionsMarshal.AsSpan(_parts);

    /// <summary>The parts of the record in hand.</summary>
    public ReadOnlySpan<RatedPart> OfRecord => All[_firstOfRecord..];

    /// <summary>Takes the parts that follow as those of one event.</summary>
    public void BeginEvent() => (_first, _firstOfRecord, _overflows) = (_parts.Count, _parts.Count, false);

    /// <summary>Takes the parts that follow as those of one record: no units join a part before it.</summary>
    public void BeginRecord() => _firstOfRecord = _parts.Count;

    /// <summary>Removes the parts of the event.</summary>
    public void UndoEvent() => _parts.RemoveRange(_first, _parts.Count - _first);

    /// <summary>Removes all parts after an earlier count of them.</summary>
    public void UndoTo(int count) => _parts.RemoveRange(count, _parts.Count - count);

    /// <summary>Forgets the parts of all events.</summary>
    public void Clear() => _parts.Clear();

    /// <summary>Notes whether a number could be computed; the event has no sum when one could not.</summary>
    public void Expect(bool fits) => _overflows |= !fits;

    /// <summary>Adds a part under what is in force.</summary>
    public void Add(RatedPart part)
    {
        Stamp(ref part);
        _parts.Add(part);
    }

    /// <summary>Adds units under what is in force, to the part before when nothing changed between them.</summary>
    public void AddRun(RatedPart part)
    {
        Stamp(ref part);
        if (_parts.Count > _firstOfRecord && All[^1].IsSameAs(in part))
        {
            ref RatedPart before = ref CollectionsMarshal.AsSpan(_parts)[^1];
            before.Units += part.Units;
            Price(ref before);
            return;
        }

        Price(ref part);
        _parts.Add(part);
    }

    /// <summary>
    /// Takes the last part off when its units were priced under what is in force: units that follow belong to the same part, whose amount
    /// is computed from all its units.
    /// </summary>
    public bool TryContinue(out RatedPart last)
    {
        last = _parts.Count > _firstOfRecord ? _parts[^1] : default;
        if (last.Component != PartComponent.Usage || _parts.Count == _firstOfRecord
            || (last.VersionIndex, last.PriceIndex, last.BandIndex) != (terms.VersionIndex, terms.Row.Index, terms.Band))
        {
            return false;
        }

        _parts.RemoveAt(_parts.Count - 1);
        return true;
    }

    /// <summary>Adds an amount that belongs to a whole session, under the price at its start.</summary>
    public void AddOfSession(int version, PriceList.Row row, PartComponent component, long nanos)
    {
        if (nanos != 0)
        {
            _parts.Add(
                new RatedPart
                {
                    Component = component,
                    VersionIndex = version,
                    PriceIndex = row.Index,
                    BandIndex = RatedPart.None,
                    BundleIndex = RatedPart.None,
                    AmountNanos = nanos,
                });
        }
    }

    /// <summary>Adds units that go back to a bundle of a version.</summary>
    public void AddGivenBack(int version, int bundle, long units) => _parts.Add(
        new RatedPart
        {
            Component = PartComponent.Bundle,
            VersionIndex = version,
            PriceIndex = RatedPart.None,
            BandIndex = RatedPart.None,
            BundleIndex = bundle,
            Units = -units,
        });

    /// <summary>The event is the sum of its parts; false when it does not fit.</summary>
    public bool TrySum(ref RatingResult result)
    {
        Int128 amount = 0;
        long charged = 0;
        long covered = 0;
        foreach (ref readonly RatedPart part in All[_first..])
        {
            amount += part.AmountNanos;
            covered += part.Component == PartComponent.Bundle ? part.Units : 0;
            charged += part.Component is PartComponent.Bundle or PartComponent.Usage or PartComponent.Reversal or PartComponent.ZeroRated
                ? part.Units : 0;
        }

        if (_overflows || amount > Nanos.Max || amount < -Nanos.Max || _parts.Count - _first > MostParts)
        {
            return false;
        }

        (result.AmountNanos, result.ChargedUnits, result.BundleUnits) = ((long)amount, charged, covered);
        (result.FirstPart, result.PartCount) = (_first, _parts.Count - _first);
        return true;
    }

    private void Price(ref RatedPart part)
    {
        // Units that a bundle covers have a price above its fair use volume only.
        if (part.UnitSize > 0)
        {
            Expect(RoundingPolicy.TryPrice(part.Units, part.UnitPriceNanos, part.UnitSize, out long nanos));
            part.AmountNanos = nanos;
        }
    }

    private void Stamp(ref RatedPart part)
    {
        (part.VersionIndex, part.PriceIndex, part.BandIndex) = (terms.VersionIndex, terms.Row.Index, terms.Band);
        part.BundleIndex = part.Component == PartComponent.Bundle ? part.BundleIndex : RatedPart.None;
    }
}
