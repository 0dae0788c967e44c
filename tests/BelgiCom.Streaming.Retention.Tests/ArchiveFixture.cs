using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Privacy;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace BelgiCom.Streaming.Retention.Tests;

/// <summary>An archive in a folder of its own, with the shipped legal classes and a clock that tests move.</summary>
public sealed class ArchiveFixture : IDisposable
{
    internal static readonly ArchiveAccess Officer = new("https://id.example/officer-1", "request 2026-17", "request-17");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("archive-");
    private long _nextOffset;

    public ArchiveFixture()
    {
        Keys = new FileKeyStore(KeyFolder);
        Options = ShippedOptions(Path.Combine(_folder.FullName, "archive"));
    }

    /// <summary>Copies an archive that is closed, with its keys and its time.</summary>
    internal ArchiveFixture(ArchiveFixture of)
    {
        Copy(of.KeyFolder, KeyFolder);
        Keys = new FileKeyStore(KeyFolder);
        Options = ShippedOptions(Path.Combine(_folder.FullName, "archive"));
        Options.BlockOctets = of.Options.BlockOctets;
        Copy(of.Folder, Folder);
        Clock.AdjustTime(of.Clock.GetUtcNow());
        _nextOffset = of._nextOffset;
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero));

    public IKeyStore Keys { get; }

    public string KeyFolder => Path.Combine(_folder.FullName, "keys");

    public RetentionOptions Options { get; }

    public string Folder => Options.ArchiveDirectory;

    /// <summary>Where the blocks of a file are: start and end.</summary>
    internal static List<(int Start, int End)> BlocksOf(byte[] file)
    {
        List<(int, int)> blocks = [];
        for (int at = 0; file.AsSpan(at).IndexOf("BCB1"u8) is int found and >= 0;)
        {
            int start = at + found;
            at = start + 16 + BitConverter.ToInt32(file, start + 4);
            blocks.Add((start, at));
        }

        return blocks;
    }

    /// <summary>The file with a bit of its last block changed.</summary>
    internal static byte[] Damaged(byte[] file)
    {
        byte[] damaged = [.. file];
        damaged[BlocksOf(file)[^1].End - 1] ^= 1;
        return damaged;
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public static RetentionOptions ShippedOptions(string folder)
    {
        ConfigurationBuilder configuration = new();
        configuration.AddShippedRetention(development: true);
        RetentionOptions options = new();
        configuration.Build().GetSection(RetentionOptions.Section).Bind(options);
        options.ArchiveDirectory = folder;
        return options;
    }

    public static SubscriberRef Subscriber(int number) => SubscriberRef.FromHalves(0xABCD_EF01_2345_6789, (ulong)number);

    public CdrArchive Open() => CdrArchive.Open(Options, Keys, Clock);

    /// <summary>Appends records of usage.received.v1 that begin and arrive now.</summary>
    internal void Receive(CdrArchive archive, UsageKind kind, Direction direction, params ReadOnlySpan<int> subscribers)
    {
        using ArchiveAppender appender = archive.BeginAppend();
        foreach (int subscriber in subscribers)
        {
            Add(appender, _nextOffset++, subscriber, kind, direction, Clock.GetUtcNow());
        }

        appender.Commit();
    }

    internal static void Add(
        ArchiveAppender appender, long offset, int subscriber, UsageKind kind, Direction direction, DateTimeOffset at,
        DateTimeOffset? received = null) =>
        appender.Add(new CdrToArchive
        {
            Topic = Topics.UsageReceived,
            Partition = 0,
            Offset = offset,
            Subscriber = Subscriber(subscriber),
            Kind = kind,
            Direction = direction,
            EventTimeMilliseconds = at.ToUnixTimeMilliseconds(),
            EndTimeMilliseconds = at.AddMinutes(1).ToUnixTimeMilliseconds(),
            ReceivedMilliseconds = (received ?? at.AddHours(1)).ToUnixTimeMilliseconds(),
            Value = Value(subscriber, offset),
        });

    /// <summary>
    /// A value as it could be on the topic; it holds the subscriber reference, so that a scan of the files for it means something.
    /// </summary>
    public static byte[] Value(int subscriber, long offset)
    {
        byte[] value = new byte[120];
        Subscriber(subscriber).CopyTo(value.AsSpan(5));
        BitConverter.TryWriteBytes(value.AsSpan(40), offset);
        "0123456789-plain-text-marker"u8.CopyTo(value.AsSpan(60));
        return value;
    }

    /// <summary>Expires what is due by the fixture's clock, which tests move by months at once.</summary>
    internal RetentionReport Expire(CdrArchive archive) => new RetentionExpiry(archive, Clock).Run(
        Clock.GetUtcNow(), dryRun: false, confirmed: RetentionConfirmation.Clock);

    internal ArchiveLookup FindAll(CdrArchive archive, int subscriber) =>
        archive.Find([Subscriber(subscriber)], Clock.GetUtcNow().AddYears(-20), Clock.GetUtcNow().AddYears(1), Officer);

    public void Dispose() => _folder.Delete(recursive: true);
}
