namespace BelgiCom.Streaming.Adapters;

/// <summary>
/// Names of columns as headers write them, <c>Durée (min)</c>: what a column is called, <c>duree</c>, and the unit behind that, <c>min</c>.
/// Case, accents and everything but letters and digits are left out of both.
/// </summary>
internal static class CsvColumnNames
{
    // Letters of Western European headers. The globalisation-invariant mode of .NET takes no letter apart.
    private const string Accented = "àáâäãåçèéêëìíîïñòóôöõùúûüýÿ";
    private const string Plain = "aaaaaaceeeeiiiinooooouuuuyy";

    // The commonest names in English, French, Dutch and German, as BareOf writes them. The earlier a name stands, the surer it is, and the
    // first field that matches a column has it.
    private static readonly (CsvField Field, string[] Names)[] Known =
    [
        (CsvField.RecordId,
            ["recordid", "id", "uuid", "pkid", "cdrid", "callid", "uniqueid", "globalcallid", "acctuniqueid", "identifiant", "kenmerk"]),
        (CsvField.EndTime,
            ["endtime", "end", "stop", "stoptime", "disconnecttime", "datetimedisconnect", "acctstoptime", "fin", "heurefin", "datefin",
                "einde", "eindtijd", "einddatum", "ende", "endezeit", "endzeit"]),
        (CsvField.StartTime,
            ["starttime", "start", "callstart", "smstime", "datastart", "datetimeconnect", "answertime", "connecttime",
                "acctstarttime", "timestamp", "datetime", "eventtime", "at", "when", "calldate", "startdate", "date", "debut", "heuredebut",
                "datedebut", "dateheure", "horodatage", "starttijd", "begintijd", "begin", "aanvang", "tijdstip", "datumtijd", "beginn",
                "startzeit", "zeitpunkt", "datumuhrzeit", "startdatum", "datum"]),
        (CsvField.StartTimeOfDay, ["calltime", "timeofday", "time", "hour", "heure", "tijd", "uur", "zeit", "uhrzeit"]),
        (CsvField.DurationSeconds,
            ["durationseconds", "duration", "callseconds", "dataseconds", "secs", "seconds", "billsec", "chargeduration",
                "acctsessiontime", "duree", "dureeappel", "duur", "gespreksduur", "tijdsduur", "dauer", "gesprachsdauer"]),
        (CsvField.Msisdn,
            ["msisdn", "caller", "callingpartynumber", "callingnumber", "calling", "from", "src", "cli", "anumber", "apartynumber", "user",
                "username", "customeridentifier", "subscriber", "number", "phonenumber", "appelant", "numeroappelant", "numero", "abonne",
                "ligne", "beller", "oproeper", "nummer", "telefoonnummer", "abonnee", "anrufer", "rufnummer", "teilnehmer"]),
        (CsvField.Imsi, ["imsi"]),
        (CsvField.Imei, ["imei"]),
        (CsvField.OtherParty,
            ["otherparty", "callee", "finalcalledpartynumber", "callednumber", "called", "to", "dst", "destination", "bnumber",
                "bpartynumber", "telephonenumberdialled", "dialled", "appele", "numeroappele", "destinataire", "correspondant", "gebelde",
                "gebeldnummer", "bestemming", "tegenpartij", "angerufener", "zielrufnummer", "zielnummer", "ziel"]),
        (CsvField.Direction, ["direction", "dir", "calldirection", "sens", "richting", "richtung"]),
        (CsvField.Kind, ["kind", "type", "calltype", "recordtype", "service", "servicetype", "typeappel", "soort", "dienst", "art", "typ"]),
        (CsvField.UplinkGigawords, ["ingigawords", "acctinputgigawords"]),
        (CsvField.DownlinkGigawords, ["outgigawords", "acctoutputgigawords"]),
        (CsvField.Uplink,
            ["uplink", "up", "uplinkbytes", "inoctets", "acctinputoctets", "bytesup", "upload", "ul", "montant", "volumemontant",
                "gestuurd", "verzonden", "gesendet"]),
        (CsvField.Downlink,
            ["downlink", "down", "downlinkbytes", "outoctets", "acctoutputoctets", "bytesdown", "download", "dl", "descendant",
                "volumedescendant", "ontvangen", "empfangen"]),
        (CsvField.Total,
            ["total", "volume", "bytes", "octets", "totalbytes", "totalvolume", "usage", "datavolume", "volumetotal", "totaal", "verbruik",
                "datavolumen", "volumen", "gesamtvolumen"]),
        (CsvField.Messages, ["messages", "parts", "segments", "msgparts", "berichten", "nachrichten"]),
        (CsvField.RatingGroup, ["ratinggroup"]),
        (CsvField.ServingPlmn, ["servingplmn", "plmn", "mccmnc", "visitedplmn"]),
        (CsvField.DataNetwork, ["apn", "dnn"]),
        (CsvField.Node, ["node", "switch", "msc"]),
    ];

    /// <summary>Finds the column of each field that a header seems to have, with the unit that its name says.</summary>
    public static IEnumerable<(CsvField Field, string Column, VolumeUnit? Volume, DurationUnit? Duration)> Find(IEnumerable<string> header)
    {
        List<(string Cell, string Bare)> left = [.. header.Select(cell => (cell, BareOf(cell)))];
        foreach ((CsvField field, string[] names) in Known)
        {
            foreach (string name in names)
            {
                int index = left.FindIndex(column => IsCalled(column.Bare, name, field));
                if (index >= 0)
                {
                    (string cell, string unit) = (left[index].Cell, left[index].Bare[name.Length..]);
                    left.RemoveAt(index);
                    yield return (field, cell, VolumeUnitOf(field, unit), DurationUnitOf(field, unit));
                    break;
                }
            }
        }
    }

    /// <summary>Lower case, without accents, letters and digits only.</summary>
    public static string BareOf(string text) => string.Concat(text.ToLowerInvariant()
        .Select(letter => Accented.IndexOf(letter, StringComparison.Ordinal) is >= 0 and int index ? Plain[index] : letter)
        .Where(char.IsAsciiLetterOrDigit));

    /// <summary>Whether a column is called so, with or without a unit of the field behind the name.</summary>
    private static bool IsCalled(string bare, string name, CsvField field) => bare.StartsWith(name, StringComparison.Ordinal)
        && bare[name.Length..] is string unit
        && (unit.Length == 0 || VolumeUnitOf(field, unit) is not null || DurationUnitOf(field, unit) is not null);

    private static VolumeUnit? VolumeUnitOf(CsvField field, string unit) =>
        field is not (CsvField.Uplink or CsvField.Downlink or CsvField.Total)
        ? null
        : unit switch
        {
            "b" or "byte" or "bytes" or "octets" => VolumeUnit.Byte,
            "kb" or "ko" => VolumeUnit.KB,
            "kib" or "kio" => VolumeUnit.KiB,
            "mb" or "mo" => VolumeUnit.MB,
            "mib" or "mio" => VolumeUnit.MiB,
            "gb" or "go" => VolumeUnit.GB,
            "gib" or "gio" => VolumeUnit.GiB,
            _ => null,
        };

    private static DurationUnit? DurationUnitOf(CsvField field, string unit) => field != CsvField.DurationSeconds
        ? null
        : unit switch
        {
            "s" or "sec" or "secs" or "sek" or "seconds" or "secondes" or "seconden" or "sekunden" => DurationUnit.Second,
            "ms" or "msec" or "millis" or "milliseconds" => DurationUnit.Millisecond,
            "min" or "mins" or "minutes" or "minuten" => DurationUnit.Minute,
            _ => null,
        };
}
