using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static BelgiCom.Streaming.LocalKafka.RegistryHttp;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>The paths of Confluent Schema Registry's REST API that this registry serves, in the order of its reference.</summary>
internal static class RegistryEndpoints
{
    private const int MaxSubjectLength = 512;
    private static readonly string[] SchemaTypes = ["AVRO"];

    public static void Map(IEndpointRouteBuilder app, SchemaCatalogue catalogue)
    {
        app.MapGet("/", context => AnswerAsync(context, new { }));
        MapSchemas(app, catalogue);
        MapSubjects(app, catalogue);
        MapDeletion(app, catalogue);
        MapCompatibility(app, catalogue);
        MapConfiguration(app, catalogue);
    }

    private static void MapSchemas(IEndpointRouteBuilder app, SchemaCatalogue catalogue)
    {
        app.MapGet("/schemas/types", context => AnswerAsync(context, SchemaTypes));
        app.MapGet("/schemas/ids/{id}", context => AnswerAsync(context, new SchemaTextBody(ById(context, catalogue).Text)));
        app.MapGet("/schemas/ids/{id}/schema", context => AnswerTextAsync(context, ById(context, catalogue).Text));
        app.MapGet("/schemas/ids/{id}/versions", context => AnswerAsync(
            context,
            catalogue.State.Uses(ById(context, catalogue).Id, Flag(context, "deleted"))
                .Select(use => new UseBody(use.Subject, use.Version))));
    }

    private static void MapSubjects(IEndpointRouteBuilder app, SchemaCatalogue catalogue)
    {
        app.MapGet("/subjects", context => AnswerAsync(context, catalogue.State.SubjectNames(Flag(context, "deleted"))));
        app.MapGet("/subjects/{subject}/versions", context => AnswerAsync(
            context, catalogue.Known(Subject(context), Flag(context, "deleted")).Select(version => version.Version)));
        app.MapGet("/subjects/{subject}/versions/{version}", context => AnswerAsync(context, Body(ByVersion(context, catalogue))));
        app.MapGet(
            "/subjects/{subject}/versions/{version}/schema",
            context => AnswerTextAsync(context, ByVersion(context, catalogue).Schema.Text));
        app.MapPost("/subjects/{subject}/versions", async context =>
        {
            string text = await SchemaTextAsync(context).ConfigureAwait(false);
            int id = await catalogue.RegisterAsync(Subject(context), text, context.RequestAborted).ConfigureAwait(false);
            await AnswerAsync(context, new IdBody(id)).ConfigureAwait(false);
        });
        app.MapPost("/subjects/{subject}", async context =>
        {
            string text = await SchemaTextAsync(context).ConfigureAwait(false);
            await AnswerAsync(context, Body(catalogue.LookUp(Subject(context), text, Flag(context, "deleted")))).ConfigureAwait(false);
        });
    }

    private static void MapDeletion(IEndpointRouteBuilder app, SchemaCatalogue catalogue)
    {
        app.MapDelete("/subjects/{subject}", async context => await AnswerAsync(
            context,
            await catalogue.DeleteSubjectAsync(Subject(context), Flag(context, "permanent"), context.RequestAborted)
                .ConfigureAwait(false)).ConfigureAwait(false));
        app.MapDelete("/subjects/{subject}/versions/{version}", async context => await AnswerAsync(
            context,
            await catalogue.DeleteVersionAsync(
                Subject(context), Route(context, "version"), Flag(context, "permanent"), context.RequestAborted)
                .ConfigureAwait(false)).ConfigureAwait(false));
    }

    private static void MapCompatibility(IEndpointRouteBuilder app, SchemaCatalogue catalogue)
    {
        app.MapPost("/compatibility/subjects/{subject}/versions", async context =>
            await AnswerVerdictAsync(
                context, catalogue.Check(Subject(context), await SchemaTextAsync(context).ConfigureAwait(false))).ConfigureAwait(false));
        app.MapPost("/compatibility/subjects/{subject}/versions/{version}", async context => await AnswerVerdictAsync(
            context,
            catalogue.Check(
                Subject(context), Route(context, "version"), await SchemaTextAsync(context).ConfigureAwait(false))).ConfigureAwait(false));
    }

    private static void MapConfiguration(IEndpointRouteBuilder app, SchemaCatalogue catalogue)
    {
        app.MapGet("/mode", context => AnswerAsync(context, new ModeBody("READWRITE")));
        app.MapGet("/config", context => AnswerAsync(context, new LevelStateBody(catalogue.State.GlobalLevel.ApiName())));
        app.MapGet("/config/{subject}", context =>
        {
            CompatibilityLevel? own = catalogue.State.SubjectLevel(Subject(context));
            CompatibilityLevel level = own
                ?? (Flag(context, "defaultToGlobal") ? catalogue.State.GlobalLevel : throw RegistryError.LevelNotFound(Subject(context)));
            return AnswerAsync(context, new LevelStateBody(level.ApiName()));
        });
        app.MapPut("/config", context => SetLevelAsync(context, catalogue, subject: null));
        app.MapPut("/config/{subject}", context => SetLevelAsync(context, catalogue, Subject(context)));
        app.MapDelete("/config", async context =>
        {
            CompatibilityLevel before = catalogue.State.GlobalLevel;
            await catalogue.SetLevelAsync(subject: null, level: null, context.RequestAborted).ConfigureAwait(false);
            await AnswerAsync(context, new LevelStateBody(before.ApiName())).ConfigureAwait(false);
        });
        app.MapDelete("/config/{subject}", async context =>
        {
            string subject = Subject(context);
            CompatibilityLevel before = catalogue.State.SubjectLevel(subject) ?? throw RegistryError.LevelNotFound(subject);
            await catalogue.SetLevelAsync(subject, level: null, context.RequestAborted).ConfigureAwait(false);
            await AnswerAsync(context, new LevelStateBody(before.ApiName())).ConfigureAwait(false);
        });
    }

    private static async Task SetLevelAsync(HttpContext context, SchemaCatalogue catalogue, string? subject)
    {
        LevelBody body = await BodyAsync<LevelBody>(context).ConfigureAwait(false);
        CompatibilityLevel level = CompatibilityLevels.TryParse(body.Compatibility, out CompatibilityLevel parsed)
            ? parsed
            : throw RegistryError.InvalidLevel();
        await catalogue.SetLevelAsync(subject, level, context.RequestAborted).ConfigureAwait(false);
        await AnswerAsync(context, new LevelBody(level.ApiName())).ConfigureAwait(false);
    }

    /// <summary>The schema of the body. Only Avro without references is accepted: each of our schemas is complete in its file.</summary>
    private static async Task<string> SchemaTextAsync(HttpContext context)
    {
        SchemaBody body = await BodyAsync<SchemaBody>(context).ConfigureAwait(false);
        if (body.SchemaType is not (null or "AVRO"))
        {
            throw RegistryError.InvalidSchema($"Invalid schema type {body.SchemaType}. This registry serves AVRO only");
        }

        if (body.References is { ValueKind: JsonValueKind.Array } references && references.GetArrayLength() > 0)
        {
            throw RegistryError.InvalidSchema("This registry serves no schema references: write the types out");
        }

        return body.Schema ?? throw RegistryError.InvalidSchema("The request has no \"schema\"");
    }

    private static RegisteredSchema ById(HttpContext context, SchemaCatalogue catalogue)
    {
        string text = Route(context, "id");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            ? catalogue.State.Find(id) ?? throw RegistryError.SchemaNotFound(id)
            : throw RegistryError.BadRequest("A schema id is a number");
    }

    private static SubjectVersion ByVersion(HttpContext context, SchemaCatalogue catalogue) =>
        catalogue.Version(Subject(context), Route(context, "version"), Flag(context, "deleted"));

    private static string Subject(HttpContext context)
    {
        string subject = Route(context, "subject");
        return subject.Length <= MaxSubjectLength && !subject.Any(char.IsControl)
            ? subject
            : throw RegistryError.BadRequest($"A subject has at most {MaxSubjectLength} characters and no control characters");
    }

    private static SubjectVersionBody Body(SubjectVersion version) =>
        new(version.Subject, version.Version, version.Schema.Id, version.Schema.Text);

    private static Task AnswerVerdictAsync(HttpContext context, IReadOnlyList<string> problems) =>
        AnswerAsync(context, new VerdictBody(problems.Count == 0, Flag(context, "verbose") ? problems : null));

    /// <summary>The schema itself as the answer, without a JSON string around it.</summary>
    private static Task AnswerTextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = ContentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
