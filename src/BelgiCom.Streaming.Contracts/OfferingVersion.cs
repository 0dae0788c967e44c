using System.Globalization;

namespace BelgiCom.Streaming.Contracts;

public sealed partial record OfferingVersion
{
    /// <summary>Key of the record on catalogue.tariffs.v1: offering id, '/', version.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{Offering}/{Version}");
}
