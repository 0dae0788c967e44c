using System.Globalization;
using BelgiCom.Streaming.Catalogue;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Privacy;
using BelgiCom.Streaming.Rating;
using BelgiCom.Streaming.Storage;

namespace BelgiCom.Streaming.Tool;

/// <summary>
/// Top-ups in a CSV file: instant, subscriber, amount and currency, as <c>topics record</c> writes them from balance.journal.v1, or a shop
/// exports them.
/// </summary>
internal static class TopUpsFile
{
    private const string Header = "at,subscriber,amount,currency";
    private const string ShortHeader = "at,subscriber,amount";
    private const string ImsiPrefix = "imsi-";
    private const int LineMax = 200;
    private const int FaultsMax = 100;
    private const int NumberMin = 5;
    private const int NumberMax = 15;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pseudonyms">Makes the references of numbers.</param>
    /// <returns>The top-ups in the order of their instants; those of one instant in that of the file.</returns>
    /// <exception cref="InputFaultException">A line is no top-up; the faults name its number and never the subscriber.</exception>
    /// <exception cref="ToolException">The file cannot be read.</exception>
    public static IReadOnlyList<SimulatedTopUp> Read(string path, SubscriberPseudonymizer pseudonyms)
    {
        string file = Path.GetFileName(path);
        List<SimulatedTopUp> topUps = [];
        List<InputFault> faults = [];
        try
        {
            using StreamReader content = new(path);
            int number = 0;
            bool hasHeader = false;
            foreach (string raw in LimitedLines.Read(content, LineMax).TakeWhile(_ => faults.Count < FaultsMax))
            {
                number++;
                string line = raw.Trim();
                if (line.Length == 0 || line[0] == '#')
                {
                    continue;
                }

                if (!hasHeader && line is not (Header or ShortHeader))
                {
                    faults.Add(new InputFault(file, number, $"The first line must be the header {Header}, or {ShortHeader}."));
                    break;
                }

                if (!hasHeader)
                {
                    hasHeader = true;
                    continue;
                }

                if (TryRead(line, pseudonyms, out SimulatedTopUp? topUp) is { } fault)
                {
                    faults.Add(new InputFault(file, number, fault));
                }
                else
                {
                    topUps.Add(topUp!);
                }
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new ToolException(Hosting.WorkerHost.ExitConfiguration, $"--top-ups: '{path}' cannot be read: {cause.Message}");
        }

        return faults.Count == 0 ? [.. topUps.OrderBy(topUp => topUp.AtMilliseconds)] : throw new InputFaultException(faults);
    }

    /// <summary>Writes the top-ups of a window of the journal.</summary>
    /// <param name="path">The file; it has its name when it is whole.</param>
    /// <param name="reader">Reads the topic.</param>
    /// <param name="journal">balance.journal.v1.</param>
    /// <param name="from">First moment; null for all.</param>
    /// <param name="until">Moment before which they were made; null for all.</param>
    /// <param name="stopping">Stops it.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="UnreadableRecordException">A record cannot be read, so what it brought is not known.</exception>
    public static long Write(
        string path, TopicReader reader, EventTopic<BalanceOperation> journal, DateTimeOffset? from, DateTimeOffset? until,
        CancellationToken stopping)
    {
        List<BalanceOperation> found = [];
        reader.Read(
            reader.RangesOf(journal.Name),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    if (!journal.TryRead(record.Value, out BalanceOperation? operation))
                    {
                        throw new UnreadableRecordException(record.Topic, record.Partition, record.Offset);
                    }

                    if (operation.Kind == BalanceOperationKind.TopUp && !(operation.At < from) && !(operation.At >= until))
                    {
                        found.Add(operation);
                    }
                }
            },
            stopping);
        string unfinished = path + ".tmp";
        using (StreamWriter file = new(OwnerOnly.OpenFile(unfinished, FileMode.Create, FileAccess.Write)))
        {
            file.NewLine = "\n";
            file.WriteLine(Header);
            foreach (BalanceOperation operation in found.OrderBy(operation => operation.At))
            {
                file.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{operation.At:yyyy-MM-dd'T'HH:mm:ss.fffzzz},{operation.SubscriberRef},{operation.Amount:0.#########},")
                    + operation.Currency);
            }
        }

        File.Move(unfinished, path, overwrite: true);
        return found.Count;
    }

    /// <summary>Reads a line; says what is wrong, null when it is a top-up.</summary>
    private static string? TryRead(string line, SubscriberPseudonymizer pseudonyms, out SimulatedTopUp? topUp)
    {
        topUp = null;
        string[] fields = [.. line.Split(',').Select(field => field.Trim())];
        if (fields.Length is not (3 or 4))
        {
            return $"The line has {fields.Length} fields: {Header}.";
        }

        if (!DateTimeOffset.TryParse(fields[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at))
        {
            return "at must be an instant, for example 2026-12-31T00:00:00+01:00.";
        }

        if (ReferenceOf(fields[1], pseudonyms) is not { } subscriber)
        {
            return $"subscriber must be an MSISDN, '{ImsiPrefix}' and an IMSI, or a reference of 32 hexadecimal digits.";
        }

        if (!decimal.TryParse(fields[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount)
            || !Nanos.TryFromDecimal(amount, out long nanos) || nanos is <= 0 or > MoneyOrder.MostNanos)
        {
            return "amount must be above 0, with at most nine decimals.";
        }

        string written = fields.ElementAtOrDefault(3) ?? "";
        Currency currency = Currency.Of(System.Text.Encoding.UTF8.GetBytes(written));
        if (written.Length > 0 && currency.IsUnknown)
        {
            return "currency must be an ISO 4217 code, or empty for that of the offering.";
        }

        topUp = new SimulatedTopUp(UsageEvents.ToNumber(subscriber), at.ToUnixTimeMilliseconds(), nanos, currency);
        return null;
    }

    private static SubscriberRef? ReferenceOf(string text, SubscriberPseudonymizer pseudonyms)
    {
        if (text.Length == 2 * SubscriberRef.Size)
        {
            return text.All(char.IsAsciiHexDigit) ? SubscriberRef.Parse(text) : null;
        }

        bool isImsi = text.StartsWith(ImsiPrefix, StringComparison.Ordinal);
        string digits = isImsi ? text[ImsiPrefix.Length..] : text.StartsWith('+') ? text[1..] : text;
        return digits.Length is < NumberMin or > NumberMax || !digits.All(char.IsAsciiDigit) ? null
            : isImsi ? pseudonyms.FromImsi(digits)
            : pseudonyms.FromMsisdn(digits);
    }
}
