using System.Buffers.Binary;
using System.Net.Sockets;
using BelgiCom.Streaming.Testing;
using CsCheck;

namespace BelgiCom.Streaming.LocalKafka.Tests;

/// <summary>On bytes that are no request, the connection closes, and the broker goes on and does not grow.</summary>
public sealed class HostileRequestTests
{
    private const int CorrelationId = 42;

    // ApiVersions version 0: key 18, version 0, correlation id, null client id.
    private static readonly byte[] ApiVersions = Frame([0, 18, 0, 0, 0, 0, 0, CorrelationId, 0xFF, 0xFF]);

    [Theory]
    [InlineData("7FFFFFFF", "a length of 2 GiB")]
    [InlineData("06400001", "a length above the limit")]
    [InlineData("FFFFFFFF", "a negative length")]
    [InlineData("00000000", "no request")]
    [InlineData("0000000A03E7000000000000FFFF", "an unknown API key")]
    [InlineData("0000000A0000006300000000FFFF", "an unknown version")]
    [InlineData("0000000E0003000100000000FFFF7FFFFFFF", "an array of 2^31 elements")]
    [InlineData("000000100003000100000000FFFF000000017FFF", "a string longer than the request")]
    [InlineData("474554202F20485454502F312E310D0A", "HTTP")]
    public async Task Connection_ThatSendsNoRequest_IsClosed(string hex, string what)
    {
        await using Running running = await Running.StartAsync();
        Assert.True(await running.IsClosedAfterAsync(Convert.FromHexString(hex)), what);
        Assert.True(await running.AnswersAsync());
    }

    [Fact]
    public async Task ForgedLengths_OnManyConnections_CostNoMemory()
    {
        await using Running running = await Running.StartAsync();
        byte[] header = [0x06, 0x40, 0x00, 0x00, 0, 0, 0, 3];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<Socket> sockets = new();
        for (int i = 0; i < 50; i++)
        {
            Socket socket = await running.ConnectAsync();
            await socket.SendAsync(header, TestContext.Current.CancellationToken);
            sockets.Add(socket);
        }

        Assert.True(await running.AnswersAsync());
        // 50 connections announce 100 MiB each; what they cost is a receive buffer each.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 50L * 1024 * 1024);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Requests_WithRandomBodies_NeverStopTheBroker()
    {
        await using Running running = await Running.StartAsync();
        // Requests that wait are left out, because their answer may rightly take its time.
        List<SupportedApi> randomlyCalled = [.. SupportedApi.All.Where(
            api => api.Key is not (ApiKey.JoinGroup or ApiKey.SyncGroup or ApiKey.Fetch))];
        Gen<byte[]> requests =
            from index in Gen.Int[0, randomlyCalled.Count - 1]
            let api = randomlyCalled[index]
            from version in Gen.Int[api.MinVersion, api.MaxVersion]
            from body in Gen.Byte.Array[0, 60]
            select Frame([0, (byte)api.Key, 0, (byte)version, 0, 0, 0, CorrelationId, 0xFF, 0xFF, .. body]);
        await requests.SampleAsync(async request =>
            {
                using Socket socket = await running.ConnectAsync();
                await socket.SendAsync(request, TestContext.Current.CancellationToken);
                socket.Shutdown(SocketShutdown.Send);
                await ReadToEndAsync(socket);
            },
            iter: 500,
            threads: 1);
        Assert.True(await running.AnswersAsync());
        Assert.DoesNotContain(running.Reports, report => report.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Request_CutAtEveryByte_LeavesTheBrokerAnswering()
    {
        await using Running running = await Running.StartAsync();
        for (int length = 0; length < ApiVersions.Length; length++)
        {
            using Socket socket = await running.ConnectAsync();
            await socket.SendAsync(ApiVersions.AsMemory(0, length), TestContext.Current.CancellationToken);
            socket.Shutdown(SocketShutdown.Send);
            Assert.Empty(await ReadToEndAsync(socket));
        }

        Assert.True(await running.AnswersAsync());
    }

    [Fact]
    public async Task ApiVersions_InAVersionFromTheFuture_AnswersInVersionZeroWithTheList()
    {
        await using Running running = await Running.StartAsync();
        using Socket socket = await running.ConnectAsync();
        await socket.SendAsync(Frame([0, 18, 0, 99, 0, 0, 0, CorrelationId, 0xFF, 0xFF, 0]), TestContext.Current.CancellationToken);
        socket.Shutdown(SocketShutdown.Send);

        byte[] answer = await ReadToEndAsync(socket);

        Assert.Equal(CorrelationId, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)));
        Assert.Equal(35, BinaryPrimitives.ReadInt16BigEndian(answer.AsSpan(8)));
        Assert.Equal(SupportedApi.All.Count, BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(10)));
    }

    /// <summary>A fetch may ask to wait for 24 days, and a member for its group; who has gone keeps no thread for that.</summary>
    [Fact]
    public async Task Clients_ThatGoWhileTheyWait_KeepNoThread()
    {
        await using Running running = await Running.StartAsync();
        byte[] fetch = Frame(
        [
            0, 1, 0, 4, 0, 0, 0, CorrelationId, 0xFF, 0xFF, // Fetch version 4
            0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        ]);
        for (int i = 0; i < 20; i++)
        {
            using Socket socket = await running.ConnectAsync();
            await socket.SendAsync(fetch, TestContext.Current.CancellationToken);
            await Wait.UntilAsync(() => running.Connections > 0, "the connection");
        }

        await Wait.UntilAsync(() => running.Connections == 0, "the threads of clients that have gone");
    }

    private static byte[] Frame(byte[] request)
    {
        byte[] frame = new byte[4 + request.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, request.Length);
        request.CopyTo(frame, 4);
        return frame;
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        MemoryStream received = new();
        byte[] buffer = new byte[4096];
        try
        {
            for (int read = await socket.ReceiveAsync(buffer); read > 0; read = await socket.ReceiveAsync(buffer))
            {
                received.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            // A reset is a close as well: the broker had bytes left that it did not want to read.
        }

        return received.ToArray();
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly TemporaryFolder _directory = new();
        private LocalKafkaBroker? _broker;

        public int Connections => _broker!.Connections;

        public System.Collections.Concurrent.ConcurrentQueue<string> Reports { get; } = [];

        public static async Task<Running> StartAsync()
        {
            Running running = new();
            running._broker = await LocalKafkaBroker.StartAsync(
                new LocalKafkaOptions { DataDirectory = running._directory.FullPath, Report = running.Reports.Enqueue });
            return running;
        }

        public async Task<Socket> ConnectAsync()
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync("127.0.0.1", _broker!.Port);
            return socket;
        }

        public async Task<bool> IsClosedAfterAsync(byte[] bytes)
        {
            using Socket socket = await ConnectAsync();
            await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
            return (await ReadToEndAsync(socket)).Length == 0;
        }

        public async Task<bool> AnswersAsync()
        {
            using Socket socket = await ConnectAsync();
            await socket.SendAsync(ApiVersions, TestContext.Current.CancellationToken);
            byte[] start = new byte[8];
            int read = await socket.ReceiveAsync(start, TestContext.Current.CancellationToken);
            return read == 8 && BinaryPrimitives.ReadInt32BigEndian(start.AsSpan(4)) == CorrelationId;
        }

        public async ValueTask DisposeAsync()
        {
            await _broker!.DisposeAsync();
            _directory.Dispose();
        }
    }
}
