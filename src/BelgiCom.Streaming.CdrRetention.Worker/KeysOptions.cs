using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.CdrRetention.Worker;

/// <summary>Section <c>Keys</c>: where data keys are when no key management service is registered.</summary>
internal sealed class KeysOptions
{
    /// <summary>Folder of the development key store, shared by all workers of one installation. Default <c>data/keys</c>.</summary>
    [Required]
    public string Directory { get; set; } = "data/keys";
}
