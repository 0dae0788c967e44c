namespace BelgiCom.Streaming.Contracts;

public sealed partial record RoamingZone
{
    /// <summary>Name of the zone in which usage is no roaming.</summary>
    public const string Home = "home";

    /// <summary>Pattern for every network that no other zone names.</summary>
    public const string AnyOther = "*";
}
