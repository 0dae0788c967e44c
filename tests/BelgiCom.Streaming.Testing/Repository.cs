namespace BelgiCom.Streaming.Testing;

/// <summary>Files of the repository, found from where the tests run.</summary>
public static class Repository
{
    /// <summary>The full path of a file of the repository.</summary>
    public static string PathOf(string relative)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "BelgiCom.Streaming.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder ?? throw new DirectoryNotFoundException("The tests do not run inside the repository."), relative);
    }
}
