namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Which of two records of one session is charged. SGW and PGW measure the same traffic: the other one becomes secondary usage, which is
/// accounted but not billed (TS 32.251 5.2.1).
/// </summary>
public enum ChargedView
{
    /// <summary>PGW records are charged, SGW records are secondary. The default.</summary>
    Pgw,

    /// <summary>SGW records are charged, PGW records are secondary.</summary>
    Sgw,
}
