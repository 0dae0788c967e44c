using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Retention.Tests;

/// <summary>
/// An archive after months: thousands of records of three classes, days of which have expired, holds in force that have copies, one that
/// was released, and a person all of whose records are destroyed. Tests copy it.
/// </summary>
public sealed class LivedArchive : IDisposable
{
    internal const int Persons = 12;
    internal const int ErasedPerson = 77;
    private const int Days = 140;

    public LivedArchive()
    {
        Archive.Options.BlockOctets = 4 * 1024;
        DateTimeOffset start = Archive.Clock.GetUtcNow();
        using CdrArchive archive = Archive.Open();
        archive.RememberPeriods();
        Archive.Receive(archive, UsageKind.Sms, Direction.Originating, ErasedPerson);
        for (int day = 0; day < Days; day++)
        {
            Archive.Receive(archive, UsageKind.Sms, Direction.Originating, [.. Enumerable.Range(0, Persons)]);
            Archive.Receive(archive, UsageKind.Voice, Direction.Terminating, [.. Enumerable.Range(0, Persons)]);
            Archive.Receive(archive, UsageKind.Data, Direction.NotApplicable, [.. Enumerable.Range(0, Persons)]);
            if (day == 20)
            {
                Hold(archive, "case-1", start, start.AddDays(5), 1, 2);
                Hold(archive, "case-2", start, start.AddDays(5), 3);
                Hold(archive, "case-3", start, start.AddDays(500), 4);
            }

            Archive.Clock.Advance(TimeSpan.FromDays(1));
            Archive.Expire(archive);
        }

        archive.ReleaseHold("case-2", ArchiveFixture.Officer);
    }

    /// <summary>The archive, closed.</summary>
    public ArchiveFixture Archive { get; } = new();

    public void Dispose() => Archive.Dispose();

    private static void Hold(CdrArchive archive, string id, DateTimeOffset from, DateTimeOffset to, params int[] persons) =>
        archive.PlaceHold(id, persons.Select(ArchiveFixture.Subscriber), from, to, ArchiveFixture.Officer);
}
