using System.Collections.Concurrent;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// Which files wait in one inbox, since when, and when each is tried again. The watcher keeps it; metrics and health read it at any time.
/// </summary>
internal sealed class InboxBacklog(string source, TimeSpan pollInterval, TimeProvider clock)
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, WaitingFile> _files = new(StringComparer.Ordinal);

    /// <summary>Name of the inbox's source.</summary>
    public string Source => source;

    /// <summary>Whether the inbox cannot be read.</summary>
    public bool IsAway { get; set; }

    /// <summary>Files that lie in the inbox.</summary>
    public int Waiting => _files.Count;

    /// <summary>The number of waiting files that cannot be read or moved away.</summary>
    public int Stuck => _files.Values.Count(file => file.IsStuck);

    /// <summary>How long the oldest file has been waiting, since this worker saw it first; zero when none waits.</summary>
    public TimeSpan OldestAge => _files.Values.Select(file => clock.GetUtcNow() - file.Since).DefaultIfEmpty().Max();

    /// <summary>Begins a look through the inbox: remembers the files that came, forgets those that somebody took away.</summary>
    public void See(IReadOnlyCollection<string> paths)
    {
        foreach (string path in paths)
        {
            _files.TryAdd(path, new WaitingFile(clock.GetUtcNow()));
        }

        foreach (string gone in _files.Keys.Except(paths))
        {
            Forget(gone);
        }
    }

    /// <summary>Whether the file is to be tried now.</summary>
    public bool IsDue(string path) => _files[path].NotBefore <= clock.GetUtcNow();

    /// <summary>The report of a file that was taken in but could not be moved away; null when the file was not taken in yet.</summary>
    public FileReport? ReportOf(string path) => _files[path].Report;

    /// <summary>Notes what became of a file, before it is moved.</summary>
    public void TakenIn(string path, FileReport report) => _files[path] = _files[path] with { Report = report };

    /// <summary>Leaves the file for later: for twice as long each time, up to ten minutes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isStuck">Whether it cannot be read or moved, so that a person has to mend it.</param>
    /// <returns>How long it is left alone.</returns>
    public TimeSpan Leave(string path, bool isStuck)
    {
        WaitingFile file = _files[path];
        TimeSpan delay = pollInterval * Math.Pow(2, Math.Min(file.Attempts, 30));
        delay = delay > DelayMax ? DelayMax : delay;
        _files[path] = file with { Attempts = file.Attempts + 1, IsStuck = isStuck, NotBefore = clock.GetUtcNow() + delay };
        return delay;
    }

    /// <summary>The file has left the inbox.</summary>
    public void Forget(string path) => _files.TryRemove(path, out _);

    /// <param name="Since">When this worker saw it first.</param>
    private sealed record WaitingFile(DateTimeOffset Since)
    {
        public int Attempts { get; init; }

        public bool IsStuck { get; init; }

        public DateTimeOffset NotBefore { get; init; }

        public FileReport? Report { get; init; }
    }
}
