using System.Diagnostics;

namespace BelgiCom.Streaming.Tool;

/// <summary>Another program of this repository. It is started in the same way as this one: as an executable, or by <c>dotnet</c>.</summary>
internal static class SisterProgram
{
    /// <summary>How to start it.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="name">Name of its assembly.</param>
    /// <param name="arguments">What it is told.</param>
    public static ProcessStartInfo In(string folder, string name, params IEnumerable<string> arguments) =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? new ProcessStartInfo(Environment.ProcessPath!, [AssemblyIn(folder, name), .. arguments])
            : new ProcessStartInfo(Path.Combine(folder, name), arguments);

    /// <summary>Whether it lies in a folder.</summary>
    public static bool IsIn(string folder, string name) => File.Exists(AssemblyIn(folder, name));

    private static string AssemblyIn(string folder, string name) => Path.Combine(folder, $"{name}.dll");
}
