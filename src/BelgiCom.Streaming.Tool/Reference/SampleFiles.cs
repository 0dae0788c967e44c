namespace BelgiCom.Streaming.Tool;

/// <summary>The samples that ship beside the executable.</summary>
internal static class SampleFiles
{
    public static string Usage => Path.Combine(Root, "usage");

    public static string Catalogue => Path.Combine(Root, "catalogue");

    public static string Offerings => Path.Combine(Root, "offerings");

    public static string Subscriptions => Path.Combine(Root, "subscriptions.csv");

    private static string Root => Path.Combine(AppContext.BaseDirectory, "Samples");
}
