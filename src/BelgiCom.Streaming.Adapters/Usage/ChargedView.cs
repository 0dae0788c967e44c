namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Which of two records of one session is charged. The PGW and the node before it (SGW, ePDG, TWAG, SGSN) measure the same traffic, and so
/// do the Nchf requests of an SMF and the record that a charging function makes of them: the other one becomes secondary usage, which is
/// accounted but not billed (TS 32.251 5.2.1). With <see cref="Pgw"/> and <see cref="Sgw"/>, 5G records are charged whatever they are:
/// a container that both formats place in its session is charged once even so, but a network that delivers both names the one that is
/// charged.
/// </summary>
public enum ChargedView
{
    /// <summary>PGW records are charged, those of SGW, ePDG, TWAG and SGSN are secondary. The default.</summary>
    Pgw,

    /// <summary>Records of SGW, ePDG, TWAG and SGSN are charged, PGW records are secondary.</summary>
    Sgw,

    /// <summary>
    /// CHF records are charged; Nchf requests, and the gateway records of the same sessions (a PGW that is an SMF as well), are secondary.
    /// </summary>
    Chf,

    /// <summary>Nchf requests are charged; CHF records, and the gateway records of the same sessions, are secondary.</summary>
    Nchf,
}
