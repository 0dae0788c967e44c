namespace BelgiCom.Streaming.Rating;

/// <summary>A balance with its key, as it is stored.</summary>
/// <param name="Subscriber">Whose: the subscriber's reference for the first account, and a key of its own for each further account.</param>
/// <param name="PeriodStartDays">First day of the month, days since 1970-01-01.</param>
/// <param name="Balance">What was used and spent.</param>
/// <param name="Account">Hash of the account that the balance belongs to; 0 when the release that stored it kept none.</param>
public readonly record struct BalanceEntry(UInt128 Subscriber, int PeriodStartDays, Balance Balance, ulong Account = 0);
