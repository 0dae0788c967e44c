using System.Text;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Small files that are replaced as a whole: a killed process or a power cut leaves the old content or the new one, never half of it.
/// </summary>
internal static class DurableFile
{
    public static void Write(string path, string content)
    {
        string fresh = path + ".new";
        using (FileStream file = new(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            // A file system may remember the new name before the content, and would leave an empty file.
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>The content, or null when there is no such file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isWhole">Whether the content can be what was written.</param>
    /// <exception cref="LocalKafkaException">The file is damaged. Making its content anew would give ids again that are in use.</exception>
    public static string? Read(string path, Predicate<string> isWhole)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string content = File.ReadAllText(path);
        return isWhole(content) ? content : throw new LocalKafkaException(
            $"{path} is damaged. Restore it, or delete the broker's data directory and load the data again.");
    }
}
