using System.Text.Json;

namespace BelgiCom.Streaming.Tool.Tests;

/// <summary>
/// One case of <c>Cases/</c>: files as networks deliver them, and what a bill must say. A case is a folder with <c>case.json</c>, its input
/// files and, where they differ from those of <c>Cases/</c>, a catalogue of its own and subscriptions.
/// </summary>
internal sealed record UsageCase
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Cases");

    /// <summary>What kind of input it is, and where the field knows it from.</summary>
    public required string About { get; init; }

    /// <summary>Why the expected values are right: the arithmetic, or the clause.</summary>
    public required string Arithmetic { get; init; }

    /// <summary>The one configured source, as <c>Adapters:Sources:0</c> holds it; absent when the content is enough.</summary>
    public JsonElement? Source { get; init; }

    /// <summary>The runs of the case over one data folder, one after the other.</summary>
    public required IReadOnlyList<CaseStep> Steps { get; init; }

    /// <summary>What the last run must leave.</summary>
    public required CaseOutcome Expected { get; init; }

    private string Folder { get; init; } = "";

    /// <summary>The catalogue of this case: its own, or the plain prices of all cases.</summary>
    public string Catalogue => Own("catalogue");

    /// <summary>Names of all cases.</summary>
    public static IEnumerable<string> Names() =>
        Directory.EnumerateDirectories(Root).Where(folder => File.Exists(FileOf(folder))).Select(folder => Path.GetFileName(folder)).Order(
            StringComparer.Ordinal);

    public static UsageCase Read(string name)
    {
        string folder = Path.Combine(Root, name);
        return JsonSerializer.Deserialize<UsageCase>(File.ReadAllBytes(FileOf(folder)), Strict)! with { Folder = folder };
    }

    /// <summary>A file of all cases.</summary>
    public static string Shared(string name) => Path.Combine(Root, name);

    /// <summary>A file of the case, or the file of that name of all cases.</summary>
    public string Own(string name)
    {
        string own = Path.Combine(Folder, name);
        return Path.Exists(own) ? own : Shared(name);
    }

    private static string FileOf(string folder) => Path.Combine(folder, "case.json");
}

/// <summary>One run of a case.</summary>
internal sealed record CaseStep
{
    /// <summary>Input files, in this order; none when the step is a decision.</summary>
    public IReadOnlyList<string> Input { get; init; } = [];

    /// <summary>Members of the source that differ from those of the case.</summary>
    public JsonElement? Source { get; init; }

    /// <summary>Settings of this run alone, by their full names.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The subscriptions of this run.</summary>
    public string Subscriptions { get; init; } = "subscriptions.csv";

    /// <summary>Name of the file that is asked for again before this run (<c>files retry</c>).</summary>
    public string? Retry { get; init; }

    /// <summary>Reasons whose usage is recycled instead of a run (<c>suspense recycle --reason</c>).</summary>
    public IReadOnlyList<string> Recycle { get; init; } = [];

    /// <summary>Reasons whose usage is discarded instead of a run (<c>suspense discard --reason</c>).</summary>
    public IReadOnlyList<string> Discard { get; init; } = [];

    /// <summary>
    /// Name of the file that the run before left half read (<c>receiving</c>), with its first record committed, as if it had been killed.
    /// </summary>
    public string? Interrupted { get; init; }

    /// <summary>Whether the ledger is lost before this step, and built anew from the topics.</summary>
    public bool WithoutLedger { get; init; }

    /// <summary>Exit code: 0, or 3 when money waits.</summary>
    public int Exit { get; init; }
}

/// <summary>What a case leaves in its data folder.</summary>
internal sealed record CaseOutcome
{
    /// <summary>Billed lines.</summary>
    public required int Lines { get; init; }

    /// <summary>Sum of all lines, in the catalogue's currency.</summary>
    public required string Amount { get; init; }

    /// <summary>Sum by account, where more than one has lines.</summary>
    public IReadOnlyDictionary<string, string>? ByAccount { get; init; }

    /// <summary>When the billed usage began, in order.</summary>
    public IReadOnlyList<string>? Times { get; init; }

    /// <summary>Records that are not billed, by outcome; those that are left out are 0.</summary>
    public IReadOnlyDictionary<string, long> NotBilled { get; init; } = new Dictionary<string, long>();

    /// <summary>State of the files, in the order of their delivery; all done when left out.</summary>
    public IReadOnlyList<string>? Files { get; init; }
}
