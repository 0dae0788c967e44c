using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Privacy;

/// <summary>
/// Section "Keys": where the keys of pseudonyms and personal data are. Every worker that needs one reads the same section.
/// </summary>
public sealed class KeyOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Keys";

    /// <summary>Folder of the <see cref="FileKeyStore"/>. All workers of one platform share it.</summary>
    [Required]
    public string Directory { get; set; } = "";
}
