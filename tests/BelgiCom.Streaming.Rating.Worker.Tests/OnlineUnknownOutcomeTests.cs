using BelgiCom.Streaming.Contracts;
using Confluent.Kafka;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

/// <summary>A commit of which nobody knows whether it counts: the lane takes its partitions anew from the log.</summary>
public sealed class OnlineUnknownOutcomeTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Request_WhoseCommitIsUnknown_IsAnsweredOnceByTheLog(bool wasCommitted)
    {
        OnlineLaneTests.Online online = new(moneyNanos: 50_000_000);
        OnlineReply created = await online.AskAsync(QuotaOperation.Create, 1, 0, MiB);
        OnlineWork update = online.Work(QuotaOperation.Update, 1, 1, MiB, created.BeganMilliseconds, MiB, id: 2, subscriber: 1);
        online.Router.Send(update);
        Assert.True(online.Handler.HasIdleWork(isLeaving: false));
        FakeTransaction transaction = new(online.Lanes.Log);
        online.Handler.HandleIdle(transaction);
        if (wasCommitted)
        {
            transaction.Commit();
        }

        TopicPartition[] partitions = [new(Topics.UsageReceived, 0)];
        online.Handler.Aborted();
        online.Handler.Revoked(partitions);
        online.Handler.Assigned(partitions);
        Assert.Equal(OnlineResult.NotOwned, (await update.Answer).Result);

        OnlineReply again = await online.AskAsync(QuotaOperation.Update, 1, 1, MiB, created.BeganMilliseconds, MiB, id: 2);
        Assert.Equal((OnlineResult.Answered, MiB), (again.Result, again.Grants[0].Answer.GrantedUnits));
        UsageRated rated = Assert.Single(online.Lanes.Rated);
        Assert.Equal(50_000_000 - Nanos.FromDecimal(rated.Amount), online.Account.Reservation.MoneyNanos);
    }
}
