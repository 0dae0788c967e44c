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

    // The longest name that common file systems take.
    private const int NameOctetsMax = 255;

    private readonly string _done = Path.Combine(source.Inbox, DoneFolder);
    private readonly string _failed = Path.Combine(source.Inbox, FailedFolder);

    /// <summary>Whether a folder of the inbox is one of the two.</summary>
    public static bool Owns(string folder) => folder is DoneFolder or FailedFolder;

    /// <summary>Makes the folders, for the owner only: they hold personal data in clear.</summary>
    public void CreateFolders()
    {
        OwnerOnly.CreateFolder(_done);
        OwnerOnly.CreateFolder(_failed);
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
            // Another file of that name came before, or the same file again.
            string mark = $".{report.Entry.Hash[..8]}.{report.Entry.Resent}";
            target = Path.Combine(Path.GetDirectoryName(target)!, Beginning(file.Name, NameOctetsMax - mark.Length) + mark);
        }

        ledger.PutRetired(new RetiredFile(target, origin, report.Octets, clock.GetUtcNow()));
        file.MoveTo(target, overwrite: true);
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
        DateTimeOffset limit = clock.GetUtcNow() - keepDone;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (!noted.Remove(file.FullName, out RetiredFile? known))
            {
                // Somebody put the file there by hand; its time counts from now.
                known = new RetiredFile(file.FullName, file.FullName, file.Length, clock.GetUtcNow());
                ledger.PutRetired(known);
            }

            try
            {
                if (file.Length != known.Octets)
                {
                    TakeBack(file, known);
                }
                else if (isDeleted && known.At <= limit)
                {
                    file.Delete();
                    ledger.RemoveRetired(known.Path);
                }
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                AdaptersLog.RetiredFileStuck(logger, ShownName.Of(file.Name), source.Name, refused);
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
