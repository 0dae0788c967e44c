using System.Buffers;

namespace BelgiCom.Streaming.Contracts.Tests;

/// <summary>One record type under test: decode a body and encode it again, with the class and, where there is one, with the view.</summary>
public sealed record RecordCodec(string Name, string SchemaJson, Func<byte[], byte[]> RewriteByClass, Func<byte[], byte[]?>? RewriteByView)
{
    public static IReadOnlyList<RecordCodec> All { get; } =
    [
        new(nameof(AuditEntry), AuditEntry.SchemaJson, body => Written(AuditEntry.Read(body).Write), null),
        new(nameof(BalanceOperation), BalanceOperation.SchemaJson, body => Written(BalanceOperation.Read(body).Write), null),
        new(nameof(OfferingVersion), OfferingVersion.SchemaJson, body => Written(OfferingVersion.Read(body).Write), null),
        new(nameof(CustomerNotification), CustomerNotification.SchemaJson, body => Written(CustomerNotification.Read(body).Write), null),
        new(nameof(Subscription), Subscription.SchemaJson, body => Written(Subscription.Read(body).Write), null),
        new(nameof(QuarantinedRecord), QuarantinedRecord.SchemaJson, body => Written(QuarantinedRecord.Read(body).Write), null),
        new(nameof(RatingState), RatingState.SchemaJson, body => Written(RatingState.Read(body).Write), ByRatingStateView),
        new(nameof(UsageRated), UsageRated.SchemaJson, body => Written(UsageRated.Read(body).Write), ByUsageRatedView),
        new(nameof(UsageReceived), UsageReceived.SchemaJson, body => Written(UsageReceived.Read(body).Write), ByUsageReceivedView),
        new(nameof(UsageRejected), UsageRejected.SchemaJson, body => Written(UsageRejected.Read(body).Write), ByUsageRejectedView),
    ];

    public static TheoryData<string> Names => [.. All.Select(codec => codec.Name)];

    public static TheoryData<string> HotNames => [.. All.Where(codec => codec.RewriteByView is not null).Select(codec => codec.Name)];

    public static RecordCodec Of(string name) => All.Single(codec => codec.Name == name);

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[]? ByRatingStateView(byte[] body)
    {
        if (!RatingStateView.TryRead(body, out RatingStateView view))
        {
            return null;
        }

        byte[] destination = new byte[view.MaxSize];
        return destination[..view.Write(destination)];
    }

    private static byte[]? ByUsageRatedView(byte[] body)
    {
        if (!UsageRatedView.TryRead(body, out UsageRatedView view))
        {
            return null;
        }

        byte[] destination = new byte[view.MaxSize];
        return destination[..view.Write(destination)];
    }

    private static byte[]? ByUsageReceivedView(byte[] body)
    {
        if (!UsageReceivedView.TryRead(body, out UsageReceivedView view))
        {
            return null;
        }

        byte[] destination = new byte[view.MaxSize];
        return destination[..view.Write(destination)];
    }

    private static byte[]? ByUsageRejectedView(byte[] body)
    {
        if (!UsageRejectedView.TryRead(body, out UsageRejectedView view))
        {
            return null;
        }

        byte[] destination = new byte[view.MaxSize];
        return destination[..view.Write(destination)];
    }
}
