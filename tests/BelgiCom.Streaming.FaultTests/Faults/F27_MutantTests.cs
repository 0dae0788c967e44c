namespace BelgiCom.Streaming.FaultTests;

/// <summary>F27: the checkers' own tests. Each is given what a worker with a planted bug would leave behind, and must find it.</summary>
public sealed class F27_MutantTests
{
    private const int Seeds = 8;

    [Fact]
    public void F27_NoBug_NothingIsFound()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            Assert.Empty(MutantLane.Run(Mutant.None, seed));
        }
    }

    /// <summary>A bug that is rare need not show in every run; in several it must.</summary>
    [Theory]
    [InlineData(Mutant.NoSeekAfterAbort, FindingKind.Lost)]
    [InlineData(Mutant.OffsetsBeforeTheTransaction, FindingKind.Lost)]
    [InlineData(Mutant.OffsetsAfterTheTransaction, FindingKind.Duplicated)]
    [InlineData(Mutant.OffsetOfTheLastRecord, FindingKind.Duplicated)]
    [InlineData(Mutant.OffsetOneTooFar, FindingKind.Lost)]
    [InlineData(Mutant.DedupOff, FindingKind.Duplicated)]
    [InlineData(Mutant.BankersRounding, FindingKind.Price)]
    [InlineData(Mutant.StateNotRestored, FindingKind.Balance)]
    [InlineData(Mutant.StateNotUndoneAfterAbort, FindingKind.Outcome)]
    [InlineData(Mutant.PoisonDropped, FindingKind.Lost)]
    [InlineData(Mutant.NotifiedAgainAfterRestart, FindingKind.Notification)]
    [InlineData(Mutant.AbortedOutputVisible, FindingKind.Duplicated)]
    [InlineData(Mutant.OutOfOrder, FindingKind.Order)]
    public void F27_PlantedBug_IsFound(Mutant mutant, FindingKind kind)
    {
        List<Finding> findings = [.. Enumerable.Range(0, Seeds).SelectMany(seed => MutantLane.Run(mutant, seed))];
        Assert.Contains(findings, finding => finding.Kind == kind);
    }

    [Fact]
    public void F27_ReaderSawWhatWasUndone_IsFound()
    {
        IReadOnlyList<RatedLine> there = MutantLane.Rated(seed: 1);
        Assert.Empty(ConcurrentReader.Compare(there, there));
        Assert.NotEmpty(ConcurrentReader.Compare([.. there, there[^1] with { Amount = 1 }], there));
        Assert.NotEmpty(ConcurrentReader.Compare([.. there.Skip(1)], there));
        Assert.NotEmpty(ConcurrentReader.Compare([there[1], there[0], .. there.Skip(2)], there));
    }

    [Fact]
    public void F27_TornLostOrRepeatedTransaction_IsFound()
    {
        Tag[] whole = [.. Enumerable.Range(0, 10).SelectMany(number => Enumerable.Repeat(new Tag(number, number + 1), 5))];
        Assert.Empty(TagCheck.Find(whole, 10, 5));
        Assert.Contains(TagCheck.Find(whole[1..], 10, 5), finding => finding.Kind == FindingKind.Torn);
        Assert.Contains(TagCheck.Find(whole[5..], 10, 5), finding => finding.Kind == FindingKind.Lost);
        Tag[] twice = [.. whole, .. Enumerable.Repeat(new Tag(3, 99), 5)];
        Assert.Contains(TagCheck.Find(twice, 10, 5), finding => finding.Kind == FindingKind.Duplicated);
    }
}
