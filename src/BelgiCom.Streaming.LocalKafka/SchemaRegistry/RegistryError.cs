using System.Globalization;
using System.Net;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// An answer of the registry's API other than success. The codes are Confluent's, because clients decide by them what to do.
/// </summary>
internal sealed class RegistryError(HttpStatusCode status, int code, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public int Code { get; } = code;

    public static RegistryError SubjectNotFound(string subject) => NotFound(40401, $"Subject '{subject}' not found.");

    public static RegistryError VersionNotFound(string version) => NotFound(40402, $"Version {version} not found.");

    public static RegistryError SchemaNotFound() => NotFound(40403, "Schema not found");

    public static RegistryError SchemaNotFound(int id) =>
        NotFound(40403, string.Create(CultureInfo.InvariantCulture, $"Schema {id} not found"));

    public static RegistryError SubjectDeleted(string subject) =>
        NotFound(40404, $"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently");

    public static RegistryError SubjectNotDeleted(string subject) =>
        NotFound(40405, $"Subject '{subject}' was not deleted first before being permanently deleted");

    public static RegistryError VersionDeleted(string subject, int version) =>
        NotFound(
            40406,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Subject '{subject}' Version {version} was soft deleted. Set permanent=true to delete permanently"));

    public static RegistryError VersionNotDeleted(string subject, int version) =>
        NotFound(
            40407,
            string.Create(
                CultureInfo.InvariantCulture,
                $"Subject '{subject}' Version {version} was not deleted first before being permanently deleted"));

    public static RegistryError LevelNotFound(string subject) =>
        NotFound(40408, $"Subject '{subject}' does not have subject-level compatibility configured");

    public static RegistryError Incompatible(string subject, IEnumerable<string> details) =>
        new(
            HttpStatusCode.Conflict, 409,
            $"Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: "
            + $"[{string.Join("; ", details)}]");

    public static RegistryError InvalidSchema(string why) => new(HttpStatusCode.UnprocessableEntity, 42201, why);

    public static RegistryError InvalidVersion(string version) => new(HttpStatusCode.UnprocessableEntity, 42202,
        $"The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");

    public static RegistryError InvalidLevel() => new(HttpStatusCode.UnprocessableEntity, 42203,
        "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and "
        + "full_transitive");

    public static RegistryError NotPermitted(string why) => new(HttpStatusCode.UnprocessableEntity, 42205, why);

    public static RegistryError BadRequest(string why) => new(HttpStatusCode.BadRequest, 400, why);

    public static RegistryError Store(string why) => new(HttpStatusCode.InternalServerError, 50001, why);

    private static RegistryError NotFound(int code, string message) => new(HttpStatusCode.NotFound, code, message);
}
