using System.ComponentModel.DataAnnotations;

namespace BelgiCom.Streaming.Kafka.Tests;

public sealed class SchemaRegistryOptionsTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8081", null, false, 5, "")]
    [InlineData("https://registry.example/path", "rating", true, 5, "")]
    [InlineData(null, null, false, 5, "Url")]
    [InlineData("registry:8081", null, false, 5, "Url")]
    [InlineData("https://one.example, https://two.example/path", "rating", true, 5, "")]
    [InlineData("https://one.example,two.example", null, false, 5, "Url")]
    [InlineData("https://one.example,http://two.example", "rating", true, 5, "Url")]
    [InlineData("https://user:password@registry.example", null, false, 5, "Url")]
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
            Url = url ?? "",
            Username = username,
            PasswordFile = passwordFile ? typeof(SchemaRegistryOptionsTests).Assembly.Location : null,
            Timeout = TimeSpan.FromSeconds(timeoutSeconds),
        };
        List<ValidationResult> faults = new();

        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);

        Assert.Equal(faulty, string.Join(',', faults.SelectMany(fault => fault.MemberNames)));
    }

    /// <summary>
    /// A wrong property of the registry's client is named before a worker starts; the client would name it only while the worker runs, or
    /// never.
    /// </summary>
    [Theory]
    [InlineData("schema.registry.max.cached.schemas", "500", "")]
    [InlineData("schema.registry.latest.cache.ttl.secs", "60", "")]
    [InlineData("schema.registry.enable.ssl.certificate.verification", "false", "")]
    [InlineData("schema.registry.max.retries", "0", "1 or more")]
    [InlineData("schema.registry.max.cached.schemas", "many", "integer")]
    [InlineData("schema.registry.nonsense", "1", "schema.registry.nonsense")]
    [InlineData("ssl.ca.location", "ca.pem", "ssl.ca.location")]
    [InlineData("schema.registry.ssl.ca.location", "no-such-file.pem", "no-such-file.pem")]
    [InlineData("schema.registry.url", "http://127.0.0.1:1", "schema.registry.url")]
    [InlineData("schema.registry.basic.auth.user.info", "u:p", "schema.registry.basic.auth.user.info")]
    public void Properties_Validated_NameTheFault(string name, string value, string says)
    {
        SchemaRegistryOptions options = new() { Url = "http://127.0.0.1:8081", Properties = { [name] = value } };
        List<ValidationResult> faults = [];

        bool isValid = Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);

        Assert.Equal(says.Length == 0, isValid);
        Assert.Contains(says, string.Join(';', faults), StringComparison.Ordinal);
    }
}
