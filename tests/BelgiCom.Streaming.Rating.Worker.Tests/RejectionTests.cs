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
}
