using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>The hot path's gate: not one octet allocated per record, decoding or encoding.</summary>
public sealed class ViewAllocationTests
{
    private const int Rounds = 1_000;

    [Fact]
    public void UsageReceivedView_DecodeAndEncode_AllocatesNothing() =>
        AssertNothingAllocated(UsageReceived.SchemaJson, static (body, room) =>
            UsageReceivedView.TryRead(body, out UsageReceivedView view) ? view.Write(room) : -1);

    [Fact]
    public void UsageRatedView_DecodeAndEncode_AllocatesNothing() => AssertNothingAllocated(UsageRated.SchemaJson, static (body, room) =>
        UsageRatedView.TryRead(body, out UsageRatedView view) ? view.Write(room) : -1);

    [Fact]
    public void UsageRejectedView_DecodeAndEncode_AllocatesNothing() =>
        AssertNothingAllocated(UsageRejected.SchemaJson, static (body, room) =>
            UsageRejectedView.TryRead(body, out UsageRejectedView view) ? view.Write(room) : -1);

    [Fact]
    public void RatingStateView_DecodeAndEncode_AllocatesNothing() => AssertNothingAllocated(RatingState.SchemaJson, static (body, room) =>
        RatingStateView.TryRead(body, out RatingStateView view) ? view.Write(room) : -1);

    [Fact]
    public void ArrayOfAView_ReadAndWrittenItemByItem_IsTheSame_AndAllocatesNothing()
    {
        byte[] body = BodyWithArrays();
        byte[] room = new byte[4096];
        Assert.Equal(0, AllocatedBy(() => Assert.True(RewriteMeters(body, room))));
    }

    [Fact]
    public void UsageReceivedView_OfATruncatedBody_AllocatesNothing()
    {
        byte[] body = ApacheAvro.RandomBody(UsageReceived.SchemaJson, new Random(1))[..40];
        Assert.Equal(0, AllocatedBy(() => UsageReceivedView.TryRead(body, out _)));
    }

    private static void AssertNothingAllocated(string schemaJson, Func<byte[], byte[], int> rewrite)
    {
        byte[] body = ApacheAvro.RandomBody(schemaJson, new Random(1));
        byte[] room = new byte[4096];
        Assert.Equal(body.Length, rewrite(body, room));
        Assert.Equal(0, AllocatedBy(() => rewrite(body, room)));
    }

    private static byte[] BodyWithArrays()
    {
        for (int seed = 1; ; seed++)
        {
            byte[] body = ApacheAvro.RandomBody(UsageRated.SchemaJson, new Random(seed));
            if (UsageRatedView.TryRead(body, out UsageRatedView view) && !view.MetersOctets.IsEmpty)
            {
                return body;
            }
        }
    }

    private static bool RewriteMeters(byte[] body, byte[] room)
    {
        UsageRatedView.TryRead(body, out UsageRatedView view);
        int count = 0;
        foreach (UsageMeterView _ in new AvroItems<UsageMeterView>(view.MetersOctets))
        {
            count++;
        }

        AvroItemsWriter<UsageMeterView> writer = new(room, count);
        foreach (UsageMeterView meter in new AvroItems<UsageMeterView>(view.MetersOctets))
        {
            writer.Add(in meter);
        }

        return view.MetersOctets.SequenceEqual(room.AsSpan(0, writer.Finish()));
    }

    private static long AllocatedBy(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
