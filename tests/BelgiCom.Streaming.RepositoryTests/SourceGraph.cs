using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace BelgiCom.Streaming.RepositoryTests;

/// <summary>
/// Which file names a type or an extension method of which other file. Read from the syntax alone, so a name stands for every type so
/// called.
/// </summary>
internal sealed class SourceGraph
{
    private readonly Dictionary<string, SourceFile> _files;
    private readonly ILookup<string, SourceFile> _declaring;

    /// <param name="sources">Path from the root, and text.</param>
    public SourceGraph(IEnumerable<(string Path, string Text)> sources)
    {
        _files = sources.ToDictionary(source => source.Path, source => new SourceFile(source.Path, source.Text));
        _declaring = _files.Values.SelectMany(file => file.Declared.Select(name => (name, file)))
            .ToLookup(pair => pair.name, pair => pair.file);
    }

    /// <summary>
    /// Types, and static classes by their extension methods, that no other file names and that are no entry of a program.
    /// </summary>
    public IEnumerable<string> Unnamed() =>
        from file in _files.Values
        from type in file.Types
        where !file.IsGenerated
            && !_files.Values.Any(other => other != file && (other.Used.Contains(type.Name) || type.Extensions.Any(other.Used.Contains)))
            && !file.UsesOf(type.Name)
        orderby file.Path
        select $"{file.Path}: {type.Name}";

    /// <summary>
    /// Folders of one project that know each other in a circle, each with the names that lead on. What lies at the top of a project is its
    /// wiring (options, log, metrics) and left out.
    /// </summary>
    public IEnumerable<string> FolderCycles() => _files.Values
        .Where(file => file.Room.Length > 0)
        .GroupBy(file => file.Project)
        .SelectMany(project => Cycles([.. project]));

    private IEnumerable<string> Cycles(IReadOnlyCollection<SourceFile> files)
    {
        Dictionary<string, Dictionary<string, SortedSet<string>>> edges = files.GroupBy(file => file.Room).ToDictionary(
            room => room.Key,
            room => room.SelectMany(file => file.Used.Select(name => (name, target: TargetOf(file, name))))
                .Where(
                    use => use.target is { Room.Length: > 0 } && use.target.Project == room.First().Project && use.target.Room != room.Key)
                .GroupBy(use => use.target!.Room)
                .ToDictionary(
                    target => target.Key, target => new SortedSet<string>(target.Select(use => use.name), StringComparer.Ordinal)));
        foreach (string room in edges.Keys.Order(StringComparer.Ordinal))
        {
            foreach ((string next, SortedSet<string> names) in edges[room])
            {
                if (Reaches(edges, next, room))
                {
                    yield return $"{files.First().Project}: {room} -> {next} ({string.Join(", ", names)})";
                }
            }
        }
    }

    /// <summary>
    /// The file that declares a name, when there is one in the same project; a name that several files declare says nothing.
    /// </summary>
    private SourceFile? TargetOf(SourceFile from, string name)
    {
        SourceFile[] candidates = [.. _declaring[name].Where(file => file.Project == from.Project).Distinct()];
        return candidates.Select(file => file.Room).Distinct().Count() == 1 && !candidates.Contains(from) ? candidates[0] : null;
    }

    private static bool Reaches(Dictionary<string, Dictionary<string, SortedSet<string>>> edges, string from, string to)
    {
        HashSet<string> seen = [from];
        Queue<string> open = new([from]);
        while (open.TryDequeue(out string? room))
        {
            foreach (string next in edges[room].Keys.Where(seen.Add))
            {
                open.Enqueue(next);
            }
        }

        return seen.Contains(to);
    }

    /// <summary>A type, and for a static class the extension methods that it is known by instead.</summary>
    private sealed record DeclaredType(string Name, IReadOnlyList<string> Extensions);

    private sealed class SourceFile
    {
        private readonly Dictionary<string, int> _mentions = [];

        public SourceFile(string path, string text)
        {
            Path = path;
            string[] parts = path.Split('/');
            Project = parts[1];
            Room = string.Join('/', parts[2..^1]);
            SyntaxNode root = CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Latest)).GetRoot();
            foreach (SyntaxNode node in root.DescendantNodes())
            {
                switch (node)
                {
                    case BaseTypeDeclarationSyntax type when type.Parent is BaseNamespaceDeclarationSyntax or CompilationUnitSyntax:
                        Types.Add(new DeclaredType(type.Identifier.ValueText, ExtensionsOf(type)));
                        break;
                    case DelegateDeclarationSyntax { Parent: BaseNamespaceDeclarationSyntax } type:
                        Types.Add(new DeclaredType(type.Identifier.ValueText, []));
                        break;
                    case SimpleNameSyntax name when !IsMember(name) && !IsNamespace(name):
                        Used.Add(name.Identifier.ValueText);
                        _mentions[name.Identifier.ValueText] = _mentions.GetValueOrDefault(name.Identifier.ValueText) + 1;
                        break;
                }
            }
        }

        public string Path { get; }

        public string Project { get; }

        /// <summary>Whether the generator wrote it: it then counts as a user of what it names, and nobody needs to name it.</summary>
        public bool IsGenerated => Path.Contains("/Generated/", StringComparison.Ordinal);

        /// <summary>Folder below the project; empty at its top.</summary>
        public string Room { get; }

        public List<DeclaredType> Types { get; } = [];

        public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

        public IEnumerable<string> Declared => Types.SelectMany(type => type.Extensions.Append(type.Name));

        /// <summary>Whether the file itself uses a type it declares, as a file of several small types does.</summary>
        public bool UsesOf(string type) => Types.Count > 1 && _mentions.ContainsKey(type);

        private static IReadOnlyList<string> ExtensionsOf(BaseTypeDeclarationSyntax type) => type is not TypeDeclarationSyntax members
            ? []
            :
            [
                .. members.DescendantNodes().OfType<MethodDeclarationSyntax>()
                    .Where(method => method.ParameterList.Parameters is [{ } first, ..] && first.Modifiers.Any(SyntaxKind.ThisKeyword))
                    .Select(method => method.Identifier.ValueText),
            ];

        /// <summary>What stands after a dot is a member, unless it is called: then it may be an extension method.</summary>
        private static bool IsMember(SimpleNameSyntax name) => name.Parent switch
        {
            MemberAccessExpressionSyntax access =>
                access.Name == name && access.Parent is not (InvocationExpressionSyntax or MemberAccessExpressionSyntax),
            MemberBindingExpressionSyntax binding => binding.Parent is not InvocationExpressionSyntax,
            _ => false,
        };

        private static bool IsNamespace(SimpleNameSyntax name) => name.Ancestors()
            .Any(node => (node is UsingDirectiveSyntax { Alias: null } import && !import.StaticKeyword.IsKind(SyntaxKind.StaticKeyword))
                || (node is BaseNamespaceDeclarationSyntax declared && declared.Name.Span.Contains(name.Span)));
    }
}
