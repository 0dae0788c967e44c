using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F1, F4 and F22 on shared bundles: members of many accounts lie on other partitions than their accounts, so all their usage takes two
/// hops, while workers are killed in mid-transaction, come, and go. What must come of it is arithmetic; no rating core is asked.
/// </summary>
public sealed class SharedAllowanceTests
{
    // One more than there are partitions, so that each account has members on all of them.
    private const int Members = RatingPlatform.Partitions + 1;
    private const long MostOctets = 700;
    private const int ResentPercent = 10;

    private static readonly int Accounts = Scale.Of(8, 400);
    private static readonly int EventsPerMember = Scale.Of(24, 120);

    [Fact]
    public async Task F22_SharedBundlesDuringKillsAndRebalances_AreExactAtEveryInstant()
    {
        (TopicContents contents, List<Use> uses) = await StormAsync(FamilyTariff.Version);
        AssertSharesAreExact(contents, uses);
        AssertMembersPayAndAreTold(contents, uses);
    }

    /// <summary>
    /// Each member brings a part of the pool, and messages are priced by tiers over all of the account: in the order of the account's
    /// partition the first twenty cost 0.08, and each after them 0.03.
    /// </summary>
    [Fact]
    public async Task F22_PoolsAndTiersOfAccountsDuringKillsAndRebalances_AreExactAtEveryInstant()
    {
        (TopicContents contents, List<Use> uses) = await StormAsync(FamilyTariff.Pooled(Members));
        AssertSharesAreExact(contents, uses);
        foreach (IGrouping<int, (RatedLine Line, Use Use)> account in contents.Rated.Select(line => (line, UseOf(line, uses)))
            .Where(rated => rated.Item2.Kind == UsageKind.Sms).GroupBy(rated => rated.Item2.Member / Members))
        {
            decimal[] paid = [.. account.Select(rated => rated.Line.Amount)];
            Assert.Equal(
                Enumerable.Range(1, paid.Length).Select(
                    number => number <= FamilyTariff.TierMessages ? FamilyTariff.MessagePrice : FamilyTariff.TierPrice),
                paid);
            Assert.Equal(uses.Count(use => use.Kind == UsageKind.Sms && use.Member / Members == account.Key), paid.Length);
        }
    }

    /// <summary>What came of the usage of all members, through kills and rebalances.</summary>
    private static async Task<(TopicContents Contents, List<Use> Uses)> StormAsync(OfferingVersion version)
    {
        int seed = Seed.Next();
        Random random = new(seed);
        await using RatingPlatform platform = await RatingPlatform.StartAsync(subscribers: Members);
        platform.Publish(
            version,
            Enumerable.Range(0, Accounts * Members).Select(number => (number % RatingPlatform.Partitions, new Subscription
            {
                SubscriberRef = FaultUsage.Subscriber(number),
                Periods = [new SubscriptionPeriod { Account = AccountOf(number), Offering = version.Offering }],
            })));
        List<Use> uses = Uses(random);
        FaultUsage usage = platform.Usage(seed);
        List<UsageToSend> events = [.. uses.Select((use, number) =>
            usage.Of(number, use.Member, use.Kind, use.Units, FaultTariff.Home))];
        int resent = events.Count * ResentPercent / 100;
        for (int again = 0; again < resent; again++)
        {
            int which = random.Next(uses.Count);
            events.Insert(random.Next(which + 1, events.Count + 1), events[which]);
        }

        await using ConcurrentReader reader = ConcurrentReader.Start(platform);
        await StormAsync(platform, [.. events], random);

        TopicContents contents = platform.Read();
        await reader.AssertSawAsync(contents);
        AssertEachUsageTookTwoHopsAndHasOneOutcome(contents, uses.Count, resent);
        Notes.Write($"{Accounts} accounts: {contents.Rated.Count} rated, {contents.Rejected.Count} sent again");
        return (contents, uses);
    }

    private static string AccountOf(int member) => $"FAM{member / Members:D6}";

    /// <summary>What the members use, in an order that chance chooses: 4 to 14 messages each, and data.</summary>
    private static List<Use> Uses(Random random)
    {
        List<Use> uses = [];
        for (int member = 0; member < Accounts * Members; member++)
        {
            uses.AddRange(Enumerable.Range(0, EventsPerMember).Select(_ => new Use(member, UsageKind.Data, random.NextInt64(MostOctets))));
            uses.AddRange(Enumerable.Repeat(new Use(member, UsageKind.Sms, 1), random.Next(4, 15)));
        }

        Use[] shuffled = [.. uses];
        random.Shuffle(shuffled);
        return [.. shuffled];
    }

    /// <summary>One worker, then two of which one is killed in mid-transaction, three of which one is killed, and two again.</summary>
    private static async Task StormAsync(RatingPlatform platform, UsageToSend[] events, Random random)
    {
        int part = events.Length / 3;
        platform.Send(events[..part]);
        await using MidTransaction killed = await MidTransaction.ReachAsync(platform, random, part / 2);
        RatingProcess second = platform.StartWorker("b");
        await killed.KillAsync();

        platform.Send(events[part..(2 * part)]);
        RatingProcess first = platform.StartWorker("a");
        await platform.UntilMembersAsync(2, first, second);
        await killed.DisposeAsync();
        RatingProcess third = platform.StartWorker("c");
        platform.Send(events[(2 * part)..]);
        await platform.UntilMembersAsync(3, first, second, third);
        await second.KillAsync();

        await platform.UntilMembersAsync(2, first, third);
        await platform.UntilRatedAsync(first, third);
        await first.DrainAsync();
        await third.DrainAsync();
    }

    /// <summary>
    /// Each record that came was written once more under its account; the second record has the outcome, and all of an account's are on
    /// one partition.
    /// </summary>
    private static void AssertEachUsageTookTwoHopsAndHasOneOutcome(TopicContents contents, int uses, int resent)
    {
        Dictionary<Place, UsageReceived> received = contents.Received
            .ToDictionary(record => record.Place, record => UsageReceived.Read(record.Value.AsSpan(WireFormat.HeaderSize)));
        ILookup<bool, Place> isGuided = received.ToLookup(record => record.Value.History is not null, record => record.Key);
        Assert.Equal(uses + resent, isGuided[false].Count());

        // Where member and account are on one partition, usage that comes again is known before it is guided.
        Place[] known = [.. contents.Rejected.Select(line => line.Place).Intersect(isGuided[false])];
        Assert.Equal(uses + resent, isGuided[true].Count() + known.Length);
        Assert.Equal(
            isGuided[true].Concat(known).OrderBy(place => place.Partition).ThenBy(place => place.Offset),
            contents.Rated.Select(line => line.Place).Concat(contents.Rejected.Select(line => line.Place))
                .OrderBy(place => place.Partition).ThenBy(place => place.Offset));
        Assert.All(known, place => Assert.Contains(contents.Rated, line => line.Place.Partition == place.Partition
            && line.UsageId == received[place].UsageId));
        Assert.Equal(uses, contents.Rated.Count);
        Assert.Equal(uses, contents.Rated.DistinctBy(line => line.UsageId).Count());
        Assert.Equal(resent, contents.Rejected.Count);
        Assert.All(contents.Rejected, line => Assert.Equal(RejectedOutcome.Duplicate, line.Outcome));
        foreach (IGrouping<string, Place> account in isGuided[true].GroupBy(place => received[place].History!.Account))
        {
            Assert.Single(account.Select(place => place.Partition).Distinct());
        }

        Assert.Equal(Accounts, isGuided[true].Select(place => received[place].History!.Account).Distinct().Count());
    }

    /// <summary>
    /// In the order of the account's partition each use takes what is left, up to the last octet, and pays for the rest; together the
    /// members draw the bundle and no octet more, and pay for what is above it.
    /// </summary>
    private static void AssertSharesAreExact(TopicContents contents, List<Use> uses)
    {
        foreach (IGrouping<int, (RatedLine Line, Use Use)> account in contents.Rated.Select(line => (line, UseOf(line, uses)))
            .Where(rated => rated.Item2.Kind == UsageKind.Data).GroupBy(rated => rated.Item2.Member / Members))
        {
            long drawn = 0;
            foreach ((RatedLine line, Use use) in account)
            {
                Assert.Equal(use.Units, line.ChargedUnits);
                Assert.Equal(Math.Min(use.Units, FamilyTariff.SharedOctets - drawn), line.BundleUnits);
                Assert.Equal((line.ChargedUnits - line.BundleUnits) * FamilyTariff.OctetPrice, line.Amount);
                drawn += line.BundleUnits;
            }

            long used = uses.Where(use => use.Kind == UsageKind.Data && use.Member / Members == account.Key).Sum(use => use.Units);
            Assert.True(used > FamilyTariff.SharedOctets, $"{used} octets are no more than the bundle: nothing is shown");
            Assert.Equal(FamilyTariff.SharedOctets, drawn);
            Assert.Equal((used - FamilyTariff.SharedOctets) * FamilyTariff.OctetPrice, account.Sum(rated => rated.Line.Amount));
        }
    }

    /// <summary>
    /// What a member has alone is counted for it alone: three messages are free, and the domestic limit, which is five messages above them,
    /// is said once to whoever reached it, at the spend at which it was reached.
    /// </summary>
    private static void AssertMembersPayAndAreTold(TopicContents contents, List<Use> uses)
    {
        Dictionary<SubscriberRef, NotificationLine[]> told = contents.Notifications.GroupBy(line => line.Subscriber)
            .ToDictionary(member => member.Key, member => member.ToArray());
        foreach (IGrouping<int, (RatedLine Line, Use Use)> member in contents.Rated.Select(line => (line, UseOf(line, uses)))
            .GroupBy(rated => rated.Item2.Member))
        {
            int messages = member.Count(rated => rated.Use.Kind == UsageKind.Sms);
            decimal above = Math.Max(0, messages - FaultTariff.MessageBundle) * FamilyTariff.MessagePrice;
            Assert.Equal(above, member.Where(rated => rated.Use.Kind == UsageKind.Sms).Sum(rated => rated.Line.Amount));

            decimal spend = 0;
            decimal reachedAt = 0;
            foreach ((RatedLine line, _) in member)
            {
                spend += line.Amount;
                Assert.Equal(spend, line.Balance.Spend);
                reachedAt = reachedAt == 0 && spend * 1.21m >= FaultTariff.DomesticLimitAmount ? spend : reachedAt;
            }

            Assert.Equal(
                reachedAt == 0 ? [] : [($"{FaultTariff.DomesticLimit} 1000", reachedAt)],
                told.GetValueOrDefault(FaultUsage.Subscriber(member.Key), []).Select(line => (line.Step, line.Amount)));
        }
    }

    /// <summary>The number of a use is in its id.</summary>
    private static Use UseOf(RatedLine line, List<Use> uses) => uses[(int)line.UsageId.Low - 1];

    /// <summary>One use of a member.</summary>
    private readonly record struct Use(int Member, UsageKind Kind, long Units);
}
