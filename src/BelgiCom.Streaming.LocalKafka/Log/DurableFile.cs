namespace BelgiCom.Streaming.LocalKafka;

/// <summary>Small files that are replaced as a whole: a killed process leaves the old content or the new one, never half of it.</summary>
internal static class DurableFile
{
    public static void Write(string path, string content)
    {
        string fresh = path + ".new";
        File.WriteAllText(fresh, content);
        File.Move(fresh, path, overwrite: true);
    }
}
