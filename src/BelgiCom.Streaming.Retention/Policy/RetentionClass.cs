namespace BelgiCom.Streaming.Retention;

/// <summary>A legal class of stored data: why it is kept and how long.</summary>
/// <param name="Name">Name in the register of retention classes, for example <c>FRAUD_4M</c>; also the folder of its segments.</param>
/// <param name="Period">How long.</param>
/// <param name="StartsAt">From when.</param>
/// <param name="Purpose">What for.</param>
/// <param name="LegalBasis">Article that asks for or allows the class, in words for the report and the journal.</param>
/// <param name="ShortestOf">Group of classes of which only the shortest applies to one record (arts 126/1 to 126/3 of the Act of 13 June
/// 2005); empty for none.</param>
public sealed record RetentionClass(
    string Name, RetentionPeriod Period, PeriodStart StartsAt, string Purpose, string LegalBasis, string ShortestOf);

/// <summary>The moment from which a retention period counts.</summary>
public enum PeriodStart
{
    /// <summary>Start of the communication.</summary>
    EventTime,

    /// <summary>End of the session or communication.</summary>
    EndTime,
}
