using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Worker.Tests;

public sealed class RejectionTests
{
    [Fact]
    public void EveryReason_SaysWhatToDo()
    {
        foreach (RejectedReason reason in Enum.GetValues<RejectedReason>().Where(reason => reason != RejectedReason.Other))
        {
            Rejection rejection = Rejection.For(reason);
            Assert.Equal(reason, rejection.Reason);
            Assert.NotEmpty(Encoding.UTF8.GetString(rejection.DetailUtf8));
        }
    }

    /// <summary>What the worker writes is what rating's result and the worker's counters say of the reason.</summary>
    [Fact]
    public void EveryReason_IsWrittenAsTheOutcomeThatItGives()
    {
        LatePolicy late = new("2026-1");
        foreach (RejectedReason reason in Enum.GetValues<RejectedReason>())
        {
            Assert.Equal(RejectedReasons.OutcomeOf(reason), Rejection.For(reason).Outcome);
            Assert.Equal(RejectedReasons.OutcomeOf(reason), Rejection.For(reason, late).Outcome);
        }
    }
}
