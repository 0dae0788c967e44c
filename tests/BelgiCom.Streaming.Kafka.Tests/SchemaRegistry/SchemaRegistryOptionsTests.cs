using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class SchemaRegistryOptionsTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8081", null, false, 5, "")]
    [InlineData("https://registry.example/path", "rating", true, 5, "")]
    [InlineData(null, null, false, 5, "Url")]
    [InlineData("registry:8081", null, false, 5, "Url")]
    [InlineData("/relative", null, false, 5, "Url")]
    [InlineData("https://registry.example", "rating", false, 5, "Username,PasswordFile")]
    [InlineData("https://registry.example", null, true, 5, "Username,PasswordFile")]
    [InlineData("http://registry.example", "rating", true, 5, "Url")]
    [InlineData("http://127.0.0.1:8081", null, false, 0, "Timeout")]
    [InlineData("http://127.0.0.1:8081", null, false, 61, "Timeout")]
    public void Options_Validated_NameTheFaultySetting(string? url, string? username, bool passwordFile, int timeoutSeconds, string faulty)
    {
        SchemaRegistryOptions options = new()
        {
            Url = url is null ? null : new Uri(url, UriKind.RelativeOrAbsolute),
            Username = username,
            PasswordFile = passwordFile ? typeof(SchemaRegistryOptionsTests).Assembly.Location : null,
            Timeout = TimeSpan.FromSeconds(timeoutSeconds),
        };
        List<ValidationResult> faults = new();

        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);

        Assert.Equal(faulty, string.Join(',', faults.SelectMany(fault => fault.MemberNames)));
    }
}
