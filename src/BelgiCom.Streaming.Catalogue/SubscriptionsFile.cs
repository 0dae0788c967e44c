using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads subscriptions: CSV with the header <c>msisdn,imsi,account,offering,validFrom,validTo</c>, to which <c>addOnTo</c> may be added,
/// or JSON lines with the same names and <c>limits</c>. A line with <c>addOnTo</c> is an add-on beside that main offering. It reads line by
/// line, so that a million lines need little memory; therefore the lines of one subscriber must follow each other. Identifiers of persons
/// leave this class as references only.
/// </summary>
/// <remarks>
/// Usage may name the subscriber of a line with an MSISDN by the IMSI alone. So such a line gives two subscriptions: that of the MSISDN,
/// and one of the IMSI, whose periods only say whose other name it is. An IMSI may go from one subscriber to another in time.
/// </remarks>
public sealed class SubscriptionsFile(string path, SubscriberPseudonymizer pseudonymizer)
{
    private const int MaxFaults = 100;
    private const int MaxAccountOctets = 254;

    private readonly string _file = Path.GetFileName(path);
    private long _groupLine;

    /// <summary>Reads the whole file and returns what is wrong, at most the first 100 faults.</summary>
    /// <param name="offerings">Offering ids of the catalogue; null to accept any.</param>
    public IReadOnlyList<InputFault> Check(IReadOnlySet<string>? offerings = null)
    {
        List<InputFault> faults = [];
        HashSet<SubscriberRef> seen = [];
        foreach (Subscription subscription in Subscriptions(faults))
        {
            if (!seen.Add(subscription.SubscriberRef))
            {
                faults.Add(
                    new InputFault(
                        _file, _groupLine,
                        "This subscriber came before, with others between; put the lines of one subscriber below each other."));
            }

            if (offerings is not null && subscription.Periods.Any(
                period => period.AliasOf is null && !period.AddOns.Append(period.Offering).All(offerings.Contains)))
            {
                faults.Add(
                    new InputFault(_file, _groupLine, "The offering is not in the catalogue: correct the line, or add the offering."));
            }
        }

        return faults.Count < MaxFaults
            ? faults
            : [.. faults.Take(MaxFaults), new InputFault(_file, 0, $"There are at least {MaxFaults} faults; the rest was not read.")];
    }

    /// <summary>The subscriptions, one per reference. Check the file first.</summary>
    /// <exception cref="InputFaultException">A line cannot be read.</exception>
    public IEnumerable<Subscription> Read()
    {
        List<InputFault> faults = [];
        foreach (Subscription subscription in Subscriptions(faults))
        {
            if (faults.Count > 0)
            {
                break;
            }

            yield return subscription;
        }

        if (faults.Count > 0)
        {
            throw new InputFaultException(faults);
        }
    }

    private IEnumerable<Subscription> Subscriptions(List<InputFault> faults)
    {
        HashSet<SubscriberRef> shared = SharedNames();
        Dictionary<SubscriberRef, List<SubscriptionPeriod>> held = [];
        SubscriberRef current = default;
        List<SubscriptionPeriod> periods = [];
        Dictionary<SubscriberRef, List<SubscriptionPeriod>> aliases = [];
        foreach (SubscriptionLine line in SubscriptionLines.Read(path, _file, faults).TakeWhile(_ => faults.Count < MaxFaults))
        {
            if (Parse(line, faults) is not { } parsed)
            {
                continue;
            }

            if (parsed.Subscriber != current && periods.Count > 0)
            {
                foreach (Subscription subscription in CloseGroup())
                {
                    yield return subscription;
                }

                periods = [];
                aliases.Clear();
            }

            _groupLine = periods.Count == 0 ? line.Number : _groupLine;
            current = parsed.Subscriber;
            periods.Add(parsed.Period);
            if (parsed.Alias is { } alias)
            {
                Add(aliases, alias, new SubscriptionPeriod
                {
                    AliasOf = current,
                    ValidFrom = parsed.Period.ValidFrom,
                    ValidTo = parsed.Period.ValidTo,
                });
            }
        }

        foreach (Subscription subscription in CloseGroup())
        {
            yield return subscription;
        }

        foreach ((SubscriberRef reference, List<SubscriptionPeriod> all) in held)
        {
            yield return Close(reference, all, faults);
        }

        IEnumerable<Subscription> CloseGroup()
        {
            if (periods.Count > 0 && shared.Contains(current))
            {
                periods.ForEach(period => Add(held, current, period));
            }
            else if (periods.Count > 0)
            {
                yield return Close(current, periods, faults);
            }

            foreach ((SubscriberRef alias, List<SubscriptionPeriod> named) in aliases)
            {
                if (shared.Contains(alias))
                {
                    named.ForEach(period => Add(held, alias, period));
                }
                else
                {
                    named.Sort((left, right) => Nullable.Compare(left.ValidFrom, right.ValidFrom));
                    yield return new Subscription { SubscriberRef = alias, Periods = named };
                }
            }
        }
    }

    /// <summary>The IMSIs that stand on lines of more than one subscriber, or alone on a line and on another beside an MSISDN.</summary>
    private HashSet<SubscriberRef> SharedNames()
    {
        Dictionary<SubscriberRef, SubscriberRef> owners = [];
        HashSet<SubscriberRef> shared = [];
        List<InputFault> ignored = [];
        foreach (SubscriptionLine line in SubscriptionLines.Read(path, _file, ignored).TakeWhile(_ => ignored.Count < MaxFaults))
        {
            if (Parse(line, ignored) is not { } parsed || (parsed.Alias is null && line.Imsi.Length == 0))
            {
                continue;
            }

            SubscriberRef name = parsed.Alias ?? parsed.Subscriber;
            if (!owners.TryAdd(name, parsed.Subscriber) && owners[name] != parsed.Subscriber)
            {
                shared.Add(name);
            }
        }

        return shared;
    }

    private static void Add(
        Dictionary<SubscriberRef, List<SubscriptionPeriod>> lists, SubscriberRef reference, SubscriptionPeriod period)
    {
        if (!lists.TryGetValue(reference, out List<SubscriptionPeriod>? periods))
        {
            lists.Add(reference, periods = []);
        }

        periods.Add(period);
    }

    private Subscription Close(SubscriberRef subscriber, List<SubscriptionPeriod> periods, List<InputFault> faults)
    {
        SubscriptionPeriod[] addOns = [.. periods.Where(period => period.AddOns.Count > 0)];
        periods = [.. periods.Where(period => period.AddOns.Count == 0)];
        periods.Sort((left, right) => Nullable.Compare(left.ValidFrom, right.ValidFrom));
        for (int index = 1; index < periods.Count; index++)
        {
            if (periods[index - 1].ValidTo is not { } end || periods[index].ValidFrom is not { } start || end > start)
            {
                faults.Add(
                    new InputFault(
                        _file, _groupLine,
                        periods.Exists(period => period.AliasOf is not null)
                            ? "One imsi is on lines of several subscribers at the same time; end one (validTo) where the next begins "
                                + "(validFrom), or leave the imsi out of one."
                            : "The periods of this subscriber overlap; end one (validTo) where the next begins (validFrom)."));
            }
        }

        return new Subscription
        {
            SubscriberRef = subscriber,
            Periods = addOns.Length == 0 ? periods : WithAddOns(periods, addOns, faults),
        };
    }

    /// <summary>
    /// The periods of main offerings, divided where an add-on begins or ends. An add-on without a begin or an end has that of the main
    /// offering; one that is there at a time when the main offering is not, is a fault, because its usage could not be priced.
    /// </summary>
    private List<SubscriptionPeriod> WithAddOns(
        List<SubscriptionPeriod> periods, SubscriptionPeriod[] addOns, List<InputFault> faults)
    {
        foreach (SubscriptionPeriod addOn in addOns)
        {
            SubscriptionPeriod[] beside = [.. periods.Where(period => IsBeside(addOn, period) && Overlap(addOn, period))];
            bool isWhole = beside.Length > 0
                && (addOn.ValidFrom is null || !(beside[0].ValidFrom > addOn.ValidFrom))
                && (addOn.ValidTo is null || !(beside[^1].ValidTo < addOn.ValidTo))
                && beside.Zip(beside.Skip(1)).All(pair => pair.First.ValidTo == pair.Second.ValidFrom);
            if (!isWhole)
            {
                faults.Add(
                    new InputFault(
                        _file, _groupLine,
                        $"Add-on '{addOn.AddOns[0]}' of this subscriber is valid when main offering '{addOn.Offering}' is not on the same "
                        + "account: give it the validity of the main offering, or less."));
            }

            if (addOns.Any(other => !ReferenceEquals(other, addOn) && other.AddOns[0] == addOn.AddOns[0] && Overlap(other, addOn)))
            {
                faults.Add(new InputFault(_file, _groupLine, $"Add-on '{addOn.AddOns[0]}' of this subscriber is there twice at a time."));
            }
        }

        return [.. periods.SelectMany(period => Divided(period, addOns))];
    }

    private static IEnumerable<SubscriptionPeriod> Divided(SubscriptionPeriod period, SubscriptionPeriod[] addOns)
    {
        DateTimeOffset?[] bounds = [
            period.ValidFrom,
            .. addOns.SelectMany(addOn => new[] { addOn.ValidFrom, addOn.ValidTo }).OfType<DateTimeOffset>().Distinct().Order()
                .Where(bound => !(bound <= period.ValidFrom) && !(bound >= period.ValidTo)).Cast<DateTimeOffset?>(),
            period.ValidTo];
        return bounds.Zip(bounds.Skip(1), (from, to) => period with { ValidFrom = from, ValidTo = to }).Select(part => part with
        {
            AddOns = [
                .. addOns.Where(addOn => IsBeside(addOn, part) && Overlap(addOn, part)).Select(addOn => addOn.AddOns[0])
                    .Distinct().Order(StringComparer.Ordinal)],
        });
    }

    private static bool IsBeside(SubscriptionPeriod addOn, SubscriptionPeriod main) =>
        main.Offering == addOn.Offering && main.Account == addOn.Account;

    private static bool Overlap(SubscriptionPeriod one, SubscriptionPeriod other) =>
        !(one.ValidTo <= other.ValidFrom) && !(other.ValidTo <= one.ValidFrom);

    private (SubscriberRef Subscriber, SubscriberRef? Alias, SubscriptionPeriod Period)? Parse(
        SubscriptionLine line, List<InputFault> faults)
    {
        int before = faults.Count;
        if (line.Msisdn.Length == 0 && line.Imsi.Length == 0)
        {
            Fault("msisdn and imsi are both empty; give at least one.");
        }

        if (line.Msisdn.Length > 0 && !IsDigits(line.Msisdn, 5, 15))
        {
            Fault("msisdn must be 5 to 15 digits (E.164 without '+').");
        }

        if (line.Imsi.Length > 0 && !IsDigits(line.Imsi, 14, 15))
        {
            Fault("imsi must be 14 or 15 digits.");
        }

        if (line.Account.Length == 0 || Encoding.UTF8.GetByteCount(line.Account) > MaxAccountOctets)
        {
            Fault($"account must have 1 to {MaxAccountOctets} octets.");
        }

        if (line.Account.Any(char.IsControl) || line.Offering.Any(char.IsControl))
        {
            Fault("account and offering must not have control characters.");
        }

        if (line.Offering.Length == 0)
        {
            Fault("offering is empty.");
        }

        if (line.AddOnTo.Any(char.IsControl) || line.AddOnTo.Contains('+') || line.Offering.Contains('+'))
        {
            Fault("offering and addOnTo must not have control characters or '+'.");
        }

        if (line.AddOnTo.Length > 0 && line.AddOnTo == line.Offering)
        {
            Fault("addOnTo is the add-on itself; give the main offering.");
        }

        if (line.AddOnTo.Length > 0 && line.Limits.Count > 0)
        {
            Fault("limits stand on the line of the main offering; those of an add-on have the id 'add-on/limit' there.");
        }

        DateTimeOffset? from = Time(line.ValidFrom, "validFrom");
        DateTimeOffset? to = Time(line.ValidTo, "validTo");
        if (from >= to)
        {
            Fault("validTo must be after validFrom.");
        }

        if (faults.Count > before)
        {
            return null;
        }

        SubscriberRef subscriber = line.Msisdn.Length > 0 ? pseudonymizer.FromMsisdn(line.Msisdn) : pseudonymizer.FromImsi(line.Imsi);

        // The line of the main offering says which IMSI is another name when.
        bool isAddOn = line.AddOnTo.Length > 0;
        SubscriberRef? alias = line.Msisdn.Length > 0 && line.Imsi.Length > 0 && !isAddOn ? pseudonymizer.FromImsi(line.Imsi) : null;
        return (
            subscriber, alias,
            new SubscriptionPeriod
            {
                Account = line.Account,
                Offering = isAddOn ? line.AddOnTo : line.Offering,
                AddOns = isAddOn ? [line.Offering] : [],
                ValidFrom = from,
                ValidTo = to,
                Limits = line.Limits,
            });

        DateTimeOffset? Time(string text, string name)
        {
            if (text.Length == 0)
            {
                return null;
            }

            if (!Instants.TryParse(text, out DateTimeOffset instant))
            {
                Fault($"{name} must be an ISO 8601 instant with its offset, such as 2026-01-01T00:00:00+01:00, or empty.");
            }

            return instant;
        }

        void Fault(string message) => faults.Add(new InputFault(_file, line.Number, message));
    }

    private static bool IsDigits(string text, int min, int max) =>
        text.Length >= min && text.Length <= max && !text.AsSpan().ContainsAnyExceptInRange('0', '9');
}
