using System.Net;
using System.Net.Sockets;
using System.Text;
using BelgiCom.Streaming.Testing;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>
/// Whatever a client sends to the registry, it is answered, refused, or its connection is closed; the registry never fails.
/// </summary>
[Trait(Fuzz.Trait, Fuzz.Category)]
public sealed class RegistryMutationTests : IAsyncLifetime
{
    // The registry works on threads of its own; what is measured is the client.
    private static readonly FuzzLimits Limits = new(Runs: 500, Octets: 4 << 20, OctetsPerOctet: 8) { Slowness = 5 };

    // The right answer to a request line that names another version of HTTP (RFC 9110 15.6.6).
    private const string VersionNotSupported = "HTTP/1.1 505";

    private static readonly (string Line, string Body)[] Requests =
    [
        ("GET /subjects?deleted=true", ""),
        ("GET /subjects/s/versions/latest", ""),
        ("GET /schemas/ids/1", ""),
        ("GET /config/s?defaultToGlobal=true", ""),
        ("POST /subjects/s/versions", """{"schema":"\"int\"","schemaType":"AVRO","references":[]}"""),
        ("POST /subjects/s", """{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}"}"""),
        ("POST /compatibility/subjects/s/versions/1?verbose=true", """{"schema":"[\"null\",\"string\"]"}"""),
        ("PUT /config/s", """{"compatibility":"FULL_TRANSITIVE"}"""),
        ("DELETE /config/s", ""),
        ("DELETE /subjects/s/versions/1?permanent=true", ""),
        ("DELETE /subjects/s", ""),
    ];

    private LocalSchemaRegistry? _registry;

    public async ValueTask InitializeAsync() => _registry = await LocalSchemaRegistry.StartAsync(
        new MemorySchemaLog(), new LocalSchemaRegistryOptions(), TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _registry!.DisposeAsync();

    /// <summary>Octets as they come, header and all.</summary>
    [Fact]
    public void Request_MutatedAtRandom_NeverFailsTheRegistry() => Fuzz.Run(
        "registry", Requests.Select(request => Http(request.Line, Encoding.UTF8.GetBytes(request.Body))), Send, Limits);

    /// <summary>The body is mutated and its length right, so that more of the registry is reached than its reader of headers.</summary>
    [Fact]
    public void Body_MutatedAtRandom_NeverFailsTheRegistry()
    {
        byte[][] bodies = [.. Requests.Where(request => request.Body.Length > 0).Select(request => Encoding.UTF8.GetBytes(request.Body))];
        Fuzz.Run(
            "registry-body", random => Http(Requests[random.Next(4, 8)].Line, Mutation.Of(bodies, random)), Send, Limits);
    }

    private static byte[] Http(string line, byte[] body) =>
    [
        .. Encoding.UTF8.GetBytes(
            $"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];

    private void Send(byte[] request)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, _registry!.Url.Port);
        byte[] answer = new byte[64];
        int length = 0;
        try
        {
            socket.Send(request);
            socket.Shutdown(SocketShutdown.Send);
            length = socket.Receive(answer);
        }
        catch (SocketException)
        {
            // The registry closes the connection of who sends no HTTP, or more than it takes.
        }

        string status = Encoding.ASCII.GetString(answer, 0, length);
        Assert.True(
            length == 0 || !status.StartsWith("HTTP/1.1 5", StringComparison.Ordinal)
            || status.StartsWith(VersionNotSupported, StringComparison.Ordinal),
            status);
    }
}
