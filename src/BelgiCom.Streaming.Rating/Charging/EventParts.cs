using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// The parts of the event that is being rated. A part gets the version, price and band that are in force when it is added; units that
/// follow under the same ones join it, and its amount is computed from all its units, once.
/// </summary>
/// <remarks>
/// They take the places of the parts of the event before, and so stay in the processor's nearest cache: whoever wants them asks before the
/// next event is rated.
/// </remarks>
/// <param name="terms">What is in force.</param>
internal sealed class EventParts(TermsInForce terms)
{
    // Most parts of one event. A record of usage.rated.v1 holds them, and a broker takes 1 MB.
    private const int MostParts = 2048;

    private RatedPart[] _parts = new RatedPart[4];
    private int _count;
    private int _firstOfRecord;
    private bool _overflows;

    /// <summary>The parts of the event.</summary>
    public ReadOnlySpan<RatedPart> All => _parts.AsSpan(0, _count);

    /// <summary>The parts of the record in hand.</summary>
    public ReadOnlySpan<RatedPart> OfRecord => _parts.AsSpan(_firstOfRecord, _count - _firstOfRecord);

    /// <summary>Takes the parts that follow as those of one event, and forgets those before.</summary>
    public void BeginEvent() => (_count, _firstOfRecord, _overflows) = (0, 0, false);

    /// <summary>Takes the parts that follow as those of one record: no units join a part before it.</summary>
    public void BeginRecord() => _firstOfRecord = _count;

    /// <summary>Removes the parts of the event.</summary>
    public void UndoEvent() => _count = 0;

    /// <summary>Notes whether a number could be computed; the event has no sum when one could not.</summary>
    public void Expect(bool fits) => _overflows |= !fits;

    /// <summary>Adds a part under what is in force.</summary>
    public void Add(in RatedPart part)
    {
        ref RatedPart added = ref Next();
        added = part;
        Stamp(ref added);
        _count++;
    }

    /// <summary>Adds units under what is in force, to the part before when nothing changed between them.</summary>
    public void AddRun(in RatedPart part)
    {
        ref RatedPart added = ref Next();
        added = part;
        Stamp(ref added);
        if (_count > _firstOfRecord && _parts[_count - 1].IsSameAs(in added))
        {
            ref RatedPart before = ref _parts[_count - 1];
            before.Units += part.Units;
            Price(ref before);
            return;
        }

        Price(ref added);
        _count++;
    }

    /// <summary>
    /// Takes the last part off when its units were priced under what is in force: units that follow belong to the same part, whose amount
    /// is computed from all its units.
    /// </summary>
    public bool TryContinue(out RatedPart last)
    {
        last = _count > _firstOfRecord ? _parts[_count - 1] : default;
        if (last.Component != PartComponent.Usage || _count == _firstOfRecord
            || (last.VersionIndex, last.PriceIndex, last.BandIndex) != (terms.VersionIndex, terms.Row.Index, terms.Band))
        {
            return false;
        }

        _count--;
        return true;
    }

    /// <summary>Adds an amount that belongs to a whole session, under the price at its start.</summary>
    public void AddOfSession(int version, PriceList.Row row, PartComponent component, long nanos)
    {
        if (nanos != 0)
        {
            Next() = new RatedPart
            {
                Component = component,
                VersionIndex = version,
                PriceIndex = row.Index,
                BandIndex = RatedPart.None,
                BundleIndex = RatedPart.None,
                BundleVersionIndex = RatedPart.None,
                AmountNanos = nanos,
            };
            _count++;
        }
    }

    /// <summary>Adds units that go back to a bundle of a version.</summary>
    public void AddGivenBack(int version, int bundle, long units)
    {
        Next() = new RatedPart
        {
            Component = PartComponent.Bundle,
            VersionIndex = version,
            PriceIndex = RatedPart.None,
            BandIndex = RatedPart.None,
            BundleIndex = bundle,
            BundleVersionIndex = RatedPart.None,
            Units = -units,
        };
        _count++;
    }

    /// <summary>The event is the sum of its parts; false when it does not fit.</summary>
    public bool TrySum(ref RatingResult result)
    {
        Int128 amount = 0;
        long charged = 0;
        long covered = 0;
        foreach (ref readonly RatedPart part in All)
        {
            amount += part.AmountNanos;
            covered += part.Component == PartComponent.Bundle ? part.Units : 0;
            charged += part.Component is PartComponent.Bundle or PartComponent.Usage or PartComponent.Reversal or PartComponent.ZeroRated
                ? part.Units : 0;
        }

        if (_overflows || amount > Nanos.Max || amount < -Nanos.Max || _count > MostParts)
        {
            return false;
        }

        (result.AmountNanos, result.ChargedUnits, result.BundleUnits) = ((long)amount, charged, covered);
        result.PartCount = _count;
        return true;
    }

    /// <summary>The place of the next part.</summary>
    private ref RatedPart Next()
    {
        if (_count == _parts.Length)
        {
            Array.Resize(ref _parts, 2 * _count);
        }

        return ref _parts[_count];
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
        if (part.Component != PartComponent.Bundle)
        {
            (part.BundleIndex, part.BundleVersionIndex) = (RatedPart.None, RatedPart.None);
        }
    }
}
