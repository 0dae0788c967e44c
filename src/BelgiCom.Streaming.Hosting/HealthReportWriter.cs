using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BelgiCom.Streaming.Hosting;

/// <summary>Writes a health report as JSON: the overall status, and each check with its status and description.</summary>
internal static class HealthReportWriter
{
    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        var checks = report.Entries.ToDictionary(
            entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), entry.Value.Description });
        return context.Response.WriteAsync(
            JsonSerializer.Serialize(new { status = report.Status.ToString(), checks }, JsonSerializerOptions.Web));
    }
}
