using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;

namespace BelgiCom.Streaming.Testing;

/// <summary>
/// One client connection and its broker connection. When the client goes, requests that are held still reach the broker once they are let
/// go: that is how a late request of a dead connection comes to life.
/// </summary>
internal sealed class ProxyConnection(KafkaProxy proxy, Socket client, Socket broker)
{
    private readonly ConcurrentDictionary<int, (KafkaApi Api, short Version)> _awaited = [];

    public void Start()
    {
        client.NoDelay = true;
        broker.NoDelay = true;
        _ = RunAsync();
    }

    /// <summary>Closes the connection so that both ends see a reset.</summary>
    public void Reset()
    {
        foreach (Socket socket in new[] { client, broker })
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // The other side closed it at the same moment.
            }
        }
    }

    private async Task RunAsync()
    {
        await Task.WhenAll(PumpAsync(client, broker, RequestAsync), PumpAsync(broker, client, ResponseAsync)).ConfigureAwait(false);
        proxy.Closed(this);
        client.Dispose();
        broker.Dispose();
    }

    /// <summary>Request: api key (int16), version (int16), correlation id (int32).</summary>
    private async Task<Memory<byte>> RequestAsync(Memory<byte> frame)
    {
        KafkaApi api = (KafkaApi)BinaryPrimitives.ReadInt16BigEndian(frame.Span);
        _awaited[BinaryPrimitives.ReadInt32BigEndian(frame.Span[4..])] = (api, BinaryPrimitives.ReadInt16BigEndian(frame.Span[2..]));
        await proxy.PassRequestAsync(api, frame.Length).ConfigureAwait(false);
        return frame;
    }

    /// <summary>Response: correlation id (int32).</summary>
    private Task<Memory<byte>> ResponseAsync(Memory<byte> frame)
    {
        _awaited.TryRemove(BinaryPrimitives.ReadInt32BigEndian(frame.Span), out (KafkaApi Api, short Version) request);
        return proxy.PassResponseAsync(request.Api, request.Version, frame);
    }

    /// <summary>What passes may come out shorter than it went in, in the same memory.</summary>
    private async Task PumpAsync(Socket from, Socket to, Func<Memory<byte>, Task<Memory<byte>>> pass)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await ReadAsync(from, buffer.AsMemory(0, sizeof(int))).ConfigureAwait(false))
            {
                int length = BinaryPrimitives.ReadInt32BigEndian(buffer);
                if (buffer.Length < sizeof(int) + length)
                {
                    Array.Resize(ref buffer, sizeof(int) + length);
                }

                Memory<byte> frame = buffer.AsMemory(sizeof(int), length);
                if (!await ReadAsync(from, frame).ConfigureAwait(false))
                {
                    break;
                }

                int passed = (await pass(frame).ConfigureAwait(false)).Length;
                BinaryPrimitives.WriteInt32BigEndian(buffer, passed);
                await WriteAsync(to, buffer.AsMemory(0, sizeof(int) + passed)).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // One side is gone; the other is told below.
        }

        try
        {
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // That side is gone as well.
        }
    }

    private static async Task<bool> ReadAsync(Socket socket, Memory<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = await socket.ReceiveAsync(destination).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            destination = destination[read..];
        }

        return true;
    }

    private static async Task WriteAsync(Socket socket, ReadOnlyMemory<byte> source)
    {
        while (!source.IsEmpty)
        {
            source = source[await socket.SendAsync(source).ConfigureAwait(false)..];
        }
    }
}
