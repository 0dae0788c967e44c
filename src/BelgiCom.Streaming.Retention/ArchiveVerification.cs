using System.Globalization;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Storage;
using Microsoft.Win32.SafeHandles;

namespace BelgiCom.Streaming.Retention;

/// <summary>A step of the check of an archive.</summary>
/// <param name="Octets">Octets of records that the step read, before compression; 0 when it read none.</param>
/// <param name="Fault">What is wrong, a sentence that says where and what to do; null when nothing is.</param>
public readonly record struct ArchiveCheck(long Octets, string? Fault);

/// <summary>
/// Reads every block that is kept, a step at a time, and compares it with the index. It has a connection of its own and holds up nobody:
/// appends, look-ups and expiry go on meanwhile, and the caller may wait between the steps.
/// </summary>
internal sealed class ArchiveVerification(RetentionOptions options, IKeyStore keys, DataKey personKey)
{
    private readonly string _indexFile = CdrArchive.IndexFile(options);

    public IEnumerable<ArchiveCheck> Steps()
    {
        using ArchiveIndex index = ArchiveIndex.OpenToRead(_indexFile, personKey);
        List<Segment> segments = [];
        List<HeldSegment> held = [];
        foreach (ArchiveCheck step in Guarded(Of(() => segments = index.Segments(SegmentState.Kept)))
            .Concat(Guarded(Of(() => held = index.HeldSegments()))))
        {
            yield return step;
        }

        foreach (Segment segment in segments.Where(segment => segment.Length > 0))
        {
            foreach (ArchiveCheck step in Guarded(Compare(index, segment)))
            {
                // What has been destroyed since it was listed is no fault.
                if (step.Fault is null || index.Find(segment.Id) is { State: SegmentState.Kept })
                {
                    yield return step;
                }
            }
        }

        foreach (HeldSegment copy in held)
        {
            foreach (ArchiveCheck step in Guarded(Read(copy)))
            {
                if (step.Fault is null || index.HeldSegments().Exists(now => now.Name == copy.Name))
                {
                    yield return step;
                }
            }
        }

        foreach (ArchiveCheck step in Guarded(Of(index.CompareSeals)).Concat(Guarded(Structure(index))))
        {
            yield return step;
        }
    }

    private IEnumerable<ArchiveCheck> Guarded(IEnumerable<ArchiveCheck> steps)
    {
        using IEnumerator<ArchiveCheck> step = steps.GetEnumerator();
        string? fault = null;
        while (fault is null && TryNext(step, out fault))
        {
            yield return step.Current;
        }

        if (fault is not null)
        {
            yield return new ArchiveCheck(0, fault);
        }
    }

    private bool TryNext(IEnumerator<ArchiveCheck> step, out string? fault)
    {
        fault = null;
        try
        {
            return step.MoveNext();
        }
        catch (Exception cause) when (cause is ArchiveException or StorageException or IOException or UnauthorizedAccessException)
        {
            fault = cause.Message;
        }
        catch (Exception cause) when (CdrArchive.IsOfAnotherForm(cause))
        {
            fault = $"Archive index {_indexFile} is damaged: {cause.Message}";
        }

        return false;
    }

    private static IEnumerable<ArchiveCheck> Of(Action check)
    {
        check();
        yield break;
    }

    private IEnumerable<ArchiveCheck> Structure(ArchiveIndex index) =>
        index.StructureFaults().Select(fault => new ArchiveCheck(0, $"Archive index {_indexFile}: {fault}"));

    private IEnumerable<ArchiveCheck> Compare(ArchiveIndex index, Segment segment)
    {
        HashSet<(long Person, long Block)> persons = [];
        long records = 0;
        foreach ((long at, byte[] octets) in Blocks(segment.Name, segment.KeyId, segment.Length))
        {
            records += AddPersons(persons, at, octets);
            yield return new ArchiveCheck(octets.Length, null);
        }

        if (records != segment.Records)
        {
            yield return new ArchiveCheck(
                0,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Archive segment {segment.Name} has {records} records; {segment.Records} were committed."));
        }

        if (!index.PersonBlocks(segment.Id, segment.Length).SequenceEqual(persons.Order()))
        {
            yield return new ArchiveCheck(
                0,
                $"Archive index: who is in segment {segment.Name} is not as in its file, so look-ups miss records. Make the index anew "
                + $"with 'belgicom retention reindex'.");
        }
    }

    private IEnumerable<ArchiveCheck> Read(HeldSegment held) =>
        Blocks(held.Name, held.KeyId, held.Length).Select(block => new ArchiveCheck(block.Records.Length, null));

    private IEnumerable<(long At, byte[] Records)> Blocks(string name, string keyId, long length)
    {
        using SafeFileHandle file = CdrArchive.OpenFile(CdrArchive.PathOf(options, name), FileMode.Open);
        foreach ((long At, byte[] Records) block in SegmentFile.Blocks(
            file, name, length, CdrArchive.KeyOf(keys, name, keyId), personKey))
        {
            yield return block;
        }
    }

    /// <summary>Adds the persons of a block, and returns its records.</summary>
    internal static long AddPersons(HashSet<(long Person, long Block)> persons, long at, byte[] octets)
    {
        long records = 0;
        BlockRecords content = new(octets);
        while (content.Next())
        {
            persons.Add((content.Person.IndexKey, at));
            records++;
        }

        return records;
    }
}
