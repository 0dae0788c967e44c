using System.Collections.Concurrent;
using System.Globalization;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Which files wait in one inbox, since when, and when each is tried again. The watcher keeps it; metrics and health read it at any time.
/// </summary>
internal sealed class InboxBacklog(string source, string folder, TimeSpan pollInterval, TimeProvider clock)
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromMinutes(10);

    // A folder of a hundred thousand files is listed in a second.
    private static readonly TimeSpan ListingMax = TimeSpan.FromSeconds(10);

    // Long enough that somebody looks at the health meanwhile.
    private static readonly TimeSpan JumpShown = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, WaitingFile> _files = new(StringComparer.Ordinal);
    private volatile Absence? _away;
    private volatile Jump? _jump;
    private volatile Listing? _listing;

    /// <summary>Name of the inbox's source.</summary>
    public string Source => source;

    /// <summary>Why nothing is taken from the inbox now, as a sentence; null while files are taken.</summary>
    public string? Away
    {
        get => _away?.Reason;
        set => _away = value is null ? null : new(value, _away?.Since ?? clock.GetUtcNow());
    }

    /// <summary>Whether nothing is taken from the inbox now.</summary>
    public bool IsAway => Away is not null;

    /// <summary>Files that lie in the inbox.</summary>
    public int Waiting => _files.Count;

    /// <summary>The number of waiting files that cannot be read or moved away.</summary>
    public int Stuck => _files.Values.Count(file => file.IsStuck);

    /// <summary>How long the oldest file has been waiting, since this worker saw it first; zero when none waits.</summary>
    public TimeSpan OldestAge => _files.Values.Select(file => clock.GetElapsedTime(file.SeenAt)).DefaultIfEmpty().Max();

    /// <summary>What a person must mend here, as sentences: since when, in which folder, and why; empty when all is well.</summary>
    public IEnumerable<string> Problems()
    {
        if (_away is { } away)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"The inbox of {source} waits since {away.Since:u}. {away.Reason}");
        }

        if (_listing is { } listing && clock.GetElapsedTime(listing.Stamp) > ListingMax)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The inbox of {source}, {folder}, does not say what is in it since {listing.Since:u}: its file system is slow, or hangs. "
                + $"Its files wait; other inboxes go on.");
        }

        if (_jump is { } jump && clock.GetElapsedTime(jump.Stamp) < JumpShown)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The clock went on by {jump.Step} until {jump.Seen:u}, which is not believed; processed files are kept for as much "
                + $"longer. Set the clock if it is wrong.");
        }

        WaitingFile[] stuck = [.. _files.Values.Where(file => file.IsStuck).OrderBy(file => file.StuckSince)];
        if (stuck.Length > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{stuck.Length} files of {source} cannot be read or moved out of {folder} since {stuck[0].StuckSince:u}, the first "
                + $"because: {stuck[0].StuckBecause} Mend rights or free space there, or take them out; they are tried again every "
                + $"{DelayMax.TotalMinutes} minutes at the latest.");
        }
    }

    /// <summary>Whether the file system has been asked what is in the inbox, and has not answered yet.</summary>
    public bool IsListing
    {
        set => _listing = value ? new Listing(clock.GetUtcNow(), clock.GetTimestamp()) : null;
    }

    /// <summary>The clock went on by more than is believed.</summary>
    public void ClockJumped(TimeSpan step) => _jump = new Jump(step, clock.GetUtcNow(), clock.GetTimestamp());

    /// <summary>Begins a look through the inbox: remembers the files that came, forgets those that somebody took away.</summary>
    public void See(IReadOnlyCollection<string> paths)
    {
        foreach (string path in paths)
        {
            _files.TryAdd(path, new WaitingFile(clock.GetTimestamp()));
        }

        foreach (string gone in _files.Keys.Except(paths))
        {
            Forget(gone);
        }
    }

    /// <summary>Whether the file is to be tried now.</summary>
    public bool IsDue(string path) => clock.GetElapsedTime(_files[path].LeftAt) >= _files[path].Delay;

    /// <summary>The report of a file that was taken in but could not be moved away; null when the file was not taken in yet.</summary>
    public FileReport? ReportOf(string path) => _files[path].Report;

    /// <summary>Notes what became of a file, before it is moved.</summary>
    public void TakenIn(string path, FileReport report) => _files[path] = _files[path] with { Report = report };

    /// <summary>Leaves the file for later: for twice as long each time, up to ten minutes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="stuckBecause">Why it cannot be read or moved, where a person has to mend that; never its name.</param>
    /// <returns>How long it is left alone.</returns>
    public TimeSpan Leave(string path, string? stuckBecause)
    {
        WaitingFile file = _files[path];
        TimeSpan delay = pollInterval * Math.Pow(2, Math.Min(file.Attempts, 30));
        delay = delay > DelayMax ? DelayMax : delay;
        _files[path] = file with
        {
            Attempts = file.Attempts + 1,
            StuckBecause = stuckBecause is null ? null : stuckBecause.TrimEnd('.') + ".",
            StuckSince = file.IsStuck ? file.StuckSince : clock.GetUtcNow(),
            LeftAt = clock.GetTimestamp(),
            Delay = delay,
        };
        return delay;
    }

    /// <summary>The file has left the inbox.</summary>
    public void Forget(string path) => _files.TryRemove(path, out _);

    // Times to wait are measured and not read from the clock: a clock that was set back would leave a file alone for as long.
    /// <param name="SeenAt">When this worker saw it first, as the clock's time stamp.</param>
    private sealed record WaitingFile(long SeenAt)
    {
        public int Attempts { get; init; }

        public string? StuckBecause { get; init; }

        public bool IsStuck => StuckBecause is not null;

        public DateTimeOffset StuckSince { get; init; }

        public long LeftAt { get; init; }

        public TimeSpan Delay { get; init; }

        public FileReport? Report { get; init; }
    }

    private sealed record Absence(string Reason, DateTimeOffset Since);

    private sealed record Listing(DateTimeOffset Since, long Stamp);

    private sealed record Jump(TimeSpan Step, DateTimeOffset Seen, long Stamp);
}
