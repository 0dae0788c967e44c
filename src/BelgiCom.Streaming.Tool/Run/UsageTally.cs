namespace BelgiCom.Streaming.Tool;

/// <summary>Numbers of usage events by their outcome, counted on the topics.</summary>
internal sealed record UsageTally
{
    /// <summary>Events on usage.received.v1; one that was passed on to another reference, or recycled, counts once.</summary>
    public long Received { get; set; }

    public long Rated { get; set; }

    public long ZeroRated { get; set; }

    public long Duplicate { get; set; }

    public long Late { get; set; }

    /// <summary>Events that wait for reference data; those that were recycled or discarded since wait no more.</summary>
    public long Suspended { get; set; }

    public long Rejected { get; set; }

    /// <summary>Events with the id of usage that was rated before, and other content.</summary>
    public long Conflict { get; set; }

    /// <summary>Events that waited (suspended, rejected or in conflict) and were given up; they are counted here alone.</summary>
    public long Discarded { get; set; }

    /// <summary>
    /// Records on quarantine.v1. They were not decoded, so they are no usage events and not part of <see cref="Received"/>.
    /// </summary>
    public long Quarantined { get; set; }

    /// <summary>
    /// Events that were there before this run and got another outcome in it: an earlier, interrupted run had received but not rated them,
    /// or they waited and were recycled or discarded.
    /// </summary>
    public long CarriedOver { get; set; }

    /// <summary>Events that waited and were sent to rating once more; each then has another outcome.</summary>
    public long Recycled { get; set; }

    /// <summary>Records that take back or charge anew what usage was rated at; the usage is counted by its first outcome.</summary>
    public long Corrections { get; set; }

    /// <summary>Events with an outcome.</summary>
    public long Decided => Rated + ZeroRated + Duplicate + Late + Suspended + Rejected + Conflict + Discarded;

    /// <summary>Whether every received event has exactly one outcome.</summary>
    public bool IsConserved => Received + CarriedOver == Decided;

    /// <summary>The conservation equation with its numbers; says by how much when it does not hold.</summary>
    public string Equation()
    {
        string left = CarriedOver == 0 ? $"received {Received:N0}" : $"received {Received:N0} + carriedOver {CarriedOver:N0}";
        string right =
            $"rated {Rated:N0} + zeroRated {ZeroRated:N0} + duplicate {Duplicate:N0} + late {Late:N0} + suspended {Suspended:N0} + "
            + $"rejected {Rejected:N0} + conflict {Conflict:N0} + discarded {Discarded:N0}";
        return IsConserved ? $"{left} = {right}" : $"{left} != {right}: {Received + CarriedOver - Decided:N0} without an outcome";
    }

    /// <summary>The counts as <c>--json</c> and the status page show them.</summary>
    public object ToJson() => new
    {
        Received,
        Rated,
        ZeroRated,
        Duplicate,
        Late,
        Suspended,
        Rejected,
        Conflict,
        Discarded,
        Quarantined,
        CarriedOver,
        Recycled,
        Corrections,
    };
}
