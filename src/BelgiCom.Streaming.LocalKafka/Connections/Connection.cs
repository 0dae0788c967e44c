using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>One client's connection: requests are read, answered and sent back one after the other, as the protocol promises.</summary>
internal sealed class Connection(Socket socket, RequestRouter router, Action<string> report)
{
    public async Task RunAsync(CancellationToken cancellation)
    {
        socket.NoDelay = true;
        var frames = new FrameReader(socket);
        var request = new Request("/" + ((IPEndPoint)socket.RemoteEndPoint!).Address);
        try
        {
            while (await frames.ReadAsync(cancellation).ConfigureAwait(false) is { } frame)
            {
                request.Begin(frame);
                await router.AnswerAsync(request, cancellation).ConfigureAwait(false);
                if (request.HasResponse)
                {
                    await SendAsync(request.FinishResponse(), cancellation).ConfigureAwait(false);
                }

                request.Writer.Release();
            }
        }
        catch (MalformedRequestException fault)
        {
            report($"Closed the connection of {request.ClientHost}: {fault.Message}");
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone, or the broker stops; either way there is nobody left to answer.
        }
        catch (Exception fault)
        {
            // A full disk, for one: the client gets no acknowledgement and tries again, everyone else goes on.
            report($"Closed the connection of {request.ClientHost} in {request.Key}: {fault}");
        }
        finally
        {
            request.Writer.Release();
            socket.Dispose();
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellation).ConfigureAwait(false)..];
        }
    }
}
