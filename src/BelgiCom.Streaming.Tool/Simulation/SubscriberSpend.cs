namespace BelgiCom.Streaming.Tool;

/// <summary>What a subscriber pays by each of two catalogues.</summary>
internal struct SubscriberSpend
{
    private int _firstOffering;
    private int _secondOffering;

    /// <summary>Nobody's usage is seen yet.</summary>
    public SubscriberSpend() => _firstOffering = _secondOffering = -1;

    /// <summary>By the first catalogue, in <see cref="SimulatedPartition.SharesPerNano"/>ths of a nano-unit.</summary>
    public Int128 First { get; private set; }

    /// <summary>By the second catalogue.</summary>
    public Int128 Second { get; private set; }

    /// <summary>ISO 4217 code of the amounts; null while there is none.</summary>
    public string? Currency { get; private set; }

    /// <summary>Whether amounts are of more than one currency, so that they have no difference.</summary>
    public bool IsMixed { get; private set; }

    /// <summary>Whether the offering is another one than at the event before by this catalogue.</summary>
    public bool IsFirst(int catalogue, int offering)
    {
        ref int last = ref _firstOffering;
        if (catalogue > 0)
        {
            last = ref _secondOffering;
        }

        bool isOther = last != offering;
        last = offering;
        return isOther;
    }

    /// <summary>Adds what the same subscriber pays on another partition.</summary>
    public void Add(in SubscriberSpend other)
    {
        IsMixed |= other.IsMixed || (Currency is not null && other.Currency is not null && Currency != other.Currency);
        Currency ??= other.Currency;
        First += other.First;
        Second += other.Second;
    }

    /// <summary>Adds an amount.</summary>
    public void Add(int catalogue, Int128 shares, string currency)
    {
        IsMixed |= Currency is not null && Currency != currency;
        Currency ??= currency;
        if (catalogue == 0)
        {
            First += shares;
        }
        else
        {
            Second += shares;
        }
    }
}
