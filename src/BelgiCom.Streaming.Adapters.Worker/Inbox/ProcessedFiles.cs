using System.Text;
using BelgiCom.Streaming.Storage;
using Microsoft.Extensions.Logging;

namespace BelgiCom.Streaming.Adapters.Worker;

/// <summary>
/// The folders <c>done/</c> and <c>failed/</c> of an inbox. The ledger notes which files lie there, how long each was and since when,
/// because a file of another owner can be moved, but its time stamp cannot be set.
/// </summary>
internal sealed class ProcessedFiles(SourceOptions source, TimeSpan keepDone, FileLedger ledger, TimeProvider clock, ILogger logger)
{
    private const string DoneFolder = "done";
    private const string FailedFolder = "failed";

    // A file on its way from another file system.
    private const string CopyName = ".moving.tmp";

    // The longest name that common file systems take.
    private const int NameOctetsMax = 255;

    private readonly string _done = Path.Combine(source.Inbox, DoneFolder);
    private readonly string _failed = Path.Combine(source.Inbox, FailedFolder);

    /// <summary>Whether a folder of the inbox is one of the two.</summary>
    public static bool Owns(string folder) => folder is DoneFolder or FailedFolder;

    /// <summary>
    /// Makes the folders that are missing, for the owner only: they hold personal data in clear. What a killed process left of a file on
    /// its way goes.
    /// </summary>
    /// <exception cref="IOException">They cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The worker may not make them.</exception>
    public void CreateFolders()
    {
        foreach (string folder in new[] { _done, _failed })
        {
            OwnerOnly.CreateFolder(folder);
            File.Delete(Path.Combine(folder, CopyName));
        }
    }

    /// <summary>Moves a file that was processed out of the inbox.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">The worker may not move it.</exception>
    public void Retire(FileInfo file, FileReport report)
    {
        string origin = file.FullName;
        string target = Path.Combine(report.Entry.State == FileState.Done ? _done : _failed, file.Name);
        if (File.Exists(target))
        {
            if (HasContentOf(file, target))
            {
                // It came again, or it was copied there by a process that was killed before it could take the original away.
                file.Delete();
                return;
            }

            // Another file of that name came before.
            string mark = $".{report.Entry.Hash[..8]}.{report.Entry.Resent}";
            target = Path.Combine(Path.GetDirectoryName(target)!, Beginning(file.Name, NameOctetsMax - mark.Length) + mark);
        }

        ledger.PutRetired(new RetiredFile(target, origin, report.Octets, clock.GetUtcNow()));
        Move(file, target);
    }

    private static bool HasContentOf(FileInfo file, string other)
    {
        using FileStream mine = InboxFile.TryOpen(file.FullName) ?? throw new IOException("It is no regular file any more.");
        using FileStream theirs = new(other, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (mine.Length != theirs.Length)
        {
            return false;
        }

        (byte[] left, byte[] right) = (new byte[1 << 16], new byte[1 << 16]);
        for (int octets; (octets = mine.ReadAtLeast(left, left.Length, throwOnEndOfStream: false)) > 0;)
        {
            int same = theirs.ReadAtLeast(right.AsSpan(0, octets), octets, throwOnEndOfStream: false);
            if (same != octets || !left.AsSpan(0, octets).SequenceEqual(right.AsSpan(0, octets)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Moves a file, also to another file system, where it is copied. The copy gets its name when it is whole and on disk, and only then
    /// the original goes: a full disk or a crash leaves no part of a file that would be taken for all of it.
    /// </summary>
    private static void Move(FileInfo file, string target)
    {
        string copy = Path.Combine(Path.GetDirectoryName(target)!, CopyName);
        if (FolderEntries.TryRename(file.FullName, target))
        {
            return;
        }

        try
        {
            using (FileStream original = InboxFile.TryOpen(file.FullName) ?? throw new IOException("It is no regular file any more."))
            using (FileStream written = OwnerOnly.OpenFile(copy, FileMode.Create, FileAccess.Write))
            {
                original.CopyTo(written);
                written.Flush(flushToDisk: true);
            }

            FolderEntries.TryRename(copy, target);
            FolderEntries.Flush(Path.GetDirectoryName(target)!);
        }
        catch
        {
            File.Delete(copy);
            throw;
        }

        file.Delete();
    }

    /// <summary>As much of a name as so many octets hold.</summary>
    private static string Beginning(string name, int octets)
    {
        while (Encoding.UTF8.GetByteCount(name) > octets)
        {
            name = name[..^1];
        }

        return name;
    }

    /// <summary>
    /// Takes back a file that grew after it was processed, and deletes what has been in <c>done/</c> for longer than the setting allows.
    /// Failed files stay until a person has looked at them.
    /// </summary>
    public void Tidy()
    {
        Tidy(_done, isDeleted: true);
        Tidy(_failed, isDeleted: false);
    }

    private void Tidy(string folder, bool isDeleted)
    {
        Dictionary<string, RetiredFile> noted = ledger.Retired(folder).ToDictionary(file => file.Path);
        DateTimeOffset now = clock.GetUtcNow();
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (!noted.Remove(file.FullName, out RetiredFile? known))
            {
                // Somebody put the file there by hand; its time counts from now.
                known = new RetiredFile(file.FullName, file.FullName, file.Length, now);
                ledger.PutRetired(known);
            }
            else if (known.At > now)
            {
                // The clock was wrong then, or is now; a file that waited for that time would stay here in clear for years.
                known = known with { At = now };
                ledger.PutRetired(known);
            }

            try
            {
                if (file.Length != known.Octets)
                {
                    TakeBack(file, known);
                }
                else if (isDeleted && now - known.At >= keepDone)
                {
                    file.Delete();
                    ledger.RemoveRetired(known.Path);
                }
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                string reason = refused.Message.Replace(file.Name, ShownName.Of(file.Name), StringComparison.Ordinal).TrimEnd('.');
                AdaptersLog.RetiredFileStuck(logger, ShownName.Of(file.Name), source.Name, reason);
            }
        }

        foreach (string gone in noted.Keys)
        {
            ledger.RemoveRetired(gone);
        }
    }

    /// <summary>
    /// Puts a file back into the inbox whose writer went on after a pause, because the rest of it was never read. While another file of its
    /// name is in the inbox, it waits where it is.
    /// </summary>
    private void TakeBack(FileInfo file, RetiredFile known)
    {
        if (known.Origin == known.Path || File.Exists(known.Origin))
        {
            return;
        }

        AdaptersLog.FileGrew(logger, ShownName.Of(file.Name), source.Name, known.Octets, file.Length);
        file.MoveTo(known.Origin);
        ledger.RemoveRetired(known.Path);
    }
}
