using BelgiCom.Streaming.Adapters;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>Events (oneTimeEvent) in the lane's transactions: charged, and no session behind.</summary>
public sealed class OnlineEventTests
{
    private const long MessageNanos = 80_000_000; // EUR 0.08

    [Fact]
    public async Task Event_ThatHappened_IsChargedOnce_AndLeavesNoSession()
    {
        OnlineLaneTests.Online online = new(moneyNanos: 50_000_000);
        OnlineReply charged = await AskAsync(online, id: 1, isImmediate: false);
        online.Restart();
        OnlineReply again = await AskAsync(online, id: 1, isImmediate: false);

        Assert.Equal((OnlineResult.Answered, OnlineResult.Answered), (charged.Result, again.Result));
        Assert.Empty(charged.Grants);
        Assert.Single(online.Lanes.Rated);
        Assert.Equal(50_000_000 - MessageNanos, online.Account.Reservation.MoneyNanos);
        Assert.Empty(online.Account.Sessions);
    }

    [Fact]
    public async Task ImmediateEvent_IsDebitedBeforeItHappens_WhenThereIsCreditForIt()
    {
        OnlineLaneTests.Online online = new(moneyNanos: 2 * MessageNanos);
        OnlineReply first = await AskAsync(online, id: 1, isImmediate: true);
        Assert.Equal((QuotaResult.Granted, 1, false), Of(first));
        OnlineReply second = await AskAsync(online, id: 2, isImmediate: true);
        Assert.Equal((QuotaResult.Granted, 1, false), Of(second));
        OnlineReply third = await AskAsync(online, id: 3, isImmediate: true);
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), Of(third));

        // Sent again, also to the next owner: the same answers, and nothing is debited.
        online.Restart();
        OnlineReply again = await AskAsync(online, id: 1, isImmediate: true);
        Assert.Equal((QuotaResult.Granted, 1, false), Of(again));
        Assert.Equal(2, online.Lanes.Rated.Count);
        Assert.Equal(0, online.Account.Reservation.MoneyNanos);
        Assert.Empty(online.Account.Sessions);
        Assert.Empty(online.Account.Reservation.Sessions);
    }

    [Fact]
    public async Task ImmediateEvent_WithoutPrice_IsDebitedNeitherNowNorLater()
    {
        OnlineLaneTests.Online online = new(moneyNanos: 2 * MessageNanos);
        OnlineReply refused = await AskAsync(online, id: 1, isImmediate: true, kind: UsageKind.Voice);
        Assert.Equal((QuotaResult.RatingFailed, 0, false), Of(refused));
        Assert.Empty(online.Lanes.Log.All(Topics.UsageReceived));
        Assert.Empty(online.Lanes.Rated);
    }

    [Fact]
    public async Task ImmediateEvent_SeesWhatSessionsHold()
    {
        OnlineLaneTests.Online online = new(moneyNanos: 2 * MessageNanos);
        // 10 MiB and the 1,000 octets of the bundle hold 0.10 of 0.16.
        await online.AskAsync(QuotaOperation.Create, session: 1, sequence: 0, wanted: (10 * 1_048_576) + 1000);
        OnlineReply refused = await AskAsync(online, id: 1, isImmediate: true);
        Assert.Equal((QuotaResult.QuotaLimitReached, 0, false), Of(refused));
    }

    private static (QuotaResult Result, long Units, bool IsFinal) Of(OnlineReply reply)
    {
        QuotaAnswer answer = Assert.Single(reply.Grants).Answer;
        return (answer.Result, answer.GrantedUnits, answer.IsFinalUnit);
    }

    private static async Task<OnlineReply> AskAsync(
        OnlineLaneTests.Online online, int id, bool isImmediate, UsageKind kind = UsageKind.Sms)
    {
        UsageReceived sent = RatingLanes.Sms(id) with { Kind = kind, Messages = kind == UsageKind.Sms ? 1 : -1 };
        byte[] value = RatingLanes.Value(Topics.UsageReceived, sent.Write);
        ChargingRequest request = new()
        {
            Subscriber = RatingLanes.Subscriber(1),
            Session = 77,
            Sequence = 0,
            NamesSession = true,
            IsOneTimeEvent = true,
            IsImmediate = isImmediate,
            Used = [value],
            Asked = isImmediate ? [(new QuotaAsk(-1, -1, -1, 1), RatingLanes.Value(Topics.UsageReceived, (sent with
            {
                UsageId = UsageId.FromHalves(1, 1),
                Messages = -1,
            }).Write))] : [],
        };
        OnlineWork work = new(
            request, new QuotaCall(UsageEvents.ToNumber(request.Subscriber), 77, QuotaOperation.Create, 0, null), partition: 0);
        online.Router.Send(work);
        Assert.True(online.Lanes.RunIdle(online.Handler));
        return await work.Answer;
    }
}
