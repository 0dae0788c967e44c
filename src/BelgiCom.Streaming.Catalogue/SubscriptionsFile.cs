using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Catalogue;

/// <summary>
/// Reads subscriptions: CSV with the header <c>msisdn,imsi,account,offering,validFrom,validTo</c>, or JSON lines with the same names. It
/// reads line by line, so that a million lines need no memory; therefore the lines of one subscriber must follow each other. Identifiers of
/// persons leave this class as references only.
/// </summary>
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

            if (offerings is not null && subscription.Periods.Any(period => !offerings.Contains(period.Offering)))
            {
                faults.Add(
                    new InputFault(_file, _groupLine, "The offering is not in the catalogue: correct the line, or add the offering."));
            }
        }

        return faults.Count < MaxFaults
            ? faults
            : [.. faults.Take(MaxFaults), new InputFault(_file, 0, $"There are at least {MaxFaults} faults; the rest was not read.")];
    }

    /// <summary>The subscriptions, one per subscriber. Check the file first.</summary>
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
        SubscriberRef current = default;
        List<SubscriptionPeriod> periods = [];
        foreach (SubscriptionLine line in SubscriptionLines.Read(path, _file, faults).TakeWhile(_ => faults.Count < MaxFaults))
        {
            if (Parse(line, faults) is not { } parsed)
            {
                continue;
            }

            if (parsed.Subscriber != current && periods.Count > 0)
            {
                yield return Close(current, periods, faults);
                periods = [];
            }

            _groupLine = periods.Count == 0 ? line.Number : _groupLine;
            current = parsed.Subscriber;
            periods.Add(parsed.Period);
        }

        if (periods.Count > 0)
        {
            yield return Close(current, periods, faults);
        }
    }

    private Subscription Close(SubscriberRef subscriber, List<SubscriptionPeriod> periods, List<InputFault> faults)
    {
        periods.Sort((left, right) => Nullable.Compare(left.ValidFrom, right.ValidFrom));
        for (int index = 1; index < periods.Count; index++)
        {
            if (periods[index - 1].ValidTo is not { } end || periods[index].ValidFrom is not { } start || end > start)
            {
                faults.Add(
                    new InputFault(
                        _file, _groupLine, "The periods of this subscriber overlap; end one (validTo) where the next begins (validFrom)."));
            }
        }

        return new Subscription { SubscriberRef = subscriber, Periods = periods };
    }

    private (SubscriberRef Subscriber, SubscriptionPeriod Period)? Parse(SubscriptionLine line, List<InputFault> faults)
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

        if (line.Offering.Length == 0)
        {
            Fault("offering is empty.");
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
        return (subscriber, new SubscriptionPeriod { Account = line.Account, Offering = line.Offering, ValidFrom = from, ValidTo = to });

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
