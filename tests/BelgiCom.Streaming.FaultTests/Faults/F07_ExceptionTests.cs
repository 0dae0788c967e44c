using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.FaultTests;

/// <summary>
/// F7: an exception at one record in a hundred. The registry refuses the first question for each of many new schemas, which the handler can
/// only answer by an exception: the transaction is aborted, the positions go back, the batch comes again.
/// </summary>
public sealed class F07_ExceptionTests
{
    [Fact]
    public async Task F07_ExceptionAtOneRecordInAHundred_BatchesComeAgainAndEveryUsageIsRatedOnce()
    {
        int seed = Seed.Next();
        int records = Scale.Of(2_000, 100_000);
        await using RatingPlatform platform = await RatingPlatform.StartAsync();
        FaultUsage usage = platform.Usage(seed);
        List<UsageToSend> mixed = [];
        HashSet<int> newer = [];
        for (int number = 0; number < records; number++)
        {
            UsageToSend record = usage.Event(number);
            if (number % 100 == 99)
            {
                int id = await platform.RegisterNewerAsync($"field{number}");
                newer.Add(id);
                record = RatingPlatform.InNewer(record, id);
            }

            mixed.Add(record);
        }

        platform.Front.RefusedOnce = newer;
        platform.Send(mixed);
        RatingProcess worker = platform.StartWorker("a", settings: new Dictionary<string, string>
        {
            ["Rating__RegistryPatience"] = "00:00:00",
            ["Kafka__HandlerAttempts"] = "100",
            ["Kafka__BatchMaxRecords"] = "200",
            ["Kafka__SessionTimeout"] = "00:00:10",
        });
        await platform.UntilRatedAsync(worker);
        await worker.DrainAsync();

        Assert.Equal(records, platform.AssertExact().Rated.Count);
        Assert.Equal(newer.Count, platform.Front.Refused);
        Assert.Equal(newer.Count, worker.Count(LoggedEvent.BatchReadAgain));
    }
}
