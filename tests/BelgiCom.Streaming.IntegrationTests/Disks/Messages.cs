using System.Globalization;
using System.Text;

namespace BelgiCom.Streaming.IntegrationTests;

/// <summary>
/// Files of short messages of one subscriber of the samples, each of which the catalogue of the samples charges with 0.10 EUR, so that
/// lines and amount follow from arithmetic. The messages are of yesterday, so that the archive keeps them.
/// </summary>
internal static class Messages
{
    private static readonly DateTimeOffset Yesterday = TimeProvider.System.GetUtcNow().AddDays(-1);

    /// <summary>Whose the messages are, as a file of one number.</summary>
    public static readonly byte[] Number = "999100000024\n"u8.ToArray();

    /// <summary>Writes a file as a careful sender does: under another name, and then renames it.</summary>
    public static void Write(string path, int count)
    {
        StringBuilder lines = new("record_id,sms_time,msisdn,imsi,direction,other_party,serving_plmn,node\n");
        for (int i = 0; i < count; i++)
        {
            string time = Yesterday.AddSeconds(i).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
            lines.Append(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(path)}-{i},{time},999100000024,001011000000024,MO,999100000004,00101,TESTSMSC01\n");
        }

        File.WriteAllText(path + ".tmp", lines.ToString());
        File.Move(path + ".tmp", path);
    }

    /// <summary>What so many messages cost.</summary>
    public static string Amount(int count) => (0.10m * count).ToString("0.000000000", CultureInfo.InvariantCulture);
}
