using System.Globalization;
using System.Text.Json;

namespace BelgiCom.Streaming.Hosting;

/// <summary>The configuration cannot be used. The process ends with exit code 1 after printing every fault, one a line.</summary>
public sealed class ConfigurationFaultException : Exception
{
    /// <summary>Makes the exception from sentences that say what is wrong and what to do.</summary>
    /// <param name="faults">At least one sentence.</param>
    public ConfigurationFaultException(params IReadOnlyList<string> faults)
        : base(string.Join(Environment.NewLine, faults)) => Faults = faults;

    /// <summary>
    /// The fault of a settings file (<c>appsettings.json</c>) that cannot be read, with its path and the place in it; null when the
    /// exception says something else.
    /// </summary>
    /// <param name="exception">What the configuration threw.</param>
    public static ConfigurationFaultException? OfFile(Exception exception)
    {
        // Half a surrogate pair (\ud800) is JSON and no text; the reader says that it is an invalid operation.
        if (exception is not InvalidDataException { InnerException: { } cause }
            || cause is not (FormatException or UnauthorizedAccessException or IOException or InvalidOperationException))
        {
            return null;
        }

        // JSON counts both from 0.
        string what = cause.InnerException is JsonException { LineNumber: { } line, BytePositionInLine: { } octet }
            ? string.Create(CultureInfo.InvariantCulture, $"it is no JSON at line {line + 1}, octet {octet + 1}")
            : cause.Message.TrimEnd('.');
        return new ConfigurationFaultException($"{exception.Message.TrimEnd('.')}: {what}: mend the file, or take it away");
    }

    /// <summary>All faults found, in the order of the sections.</summary>
    public IReadOnlyList<string> Faults { get; }
}
