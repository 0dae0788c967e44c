using System.Net;
using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>One client's connection. Its requests are read, answered and sent back one after the other, as the protocol promises.</summary>
internal sealed class Connection(Socket socket, RequestRouter router, Action<string> report) : IDisposable
{
    /// <summary>Serves the client until it goes, misbehaves, or the connection is disposed of.</summary>
    public void Run(CancellationToken stopping)
    {
        Request request = new();
        try
        {
            socket.NoDelay = true;
            request.ClientHost = $"/{((IPEndPoint)socket.RemoteEndPoint!).Address}";
            // A socket that can be read and has no bytes has been closed by the other side.
            request.ClientHasGone = () => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
            FrameReader frames = new(socket);
            while (frames.Read() is { } frame)
            {
                request.Begin(frame);
                router.Answer(request, stopping);
                if (request.HasResponse)
                {
                    Send(request.FinishResponse());
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
            // The client has gone, or the broker stops; in both cases nobody is left to answer.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A full disk, which the log reports itself. The client gets no acknowledgement and tries again; all other clients go on.
        }
        catch (Exception fault)
        {
            report($"Closed the connection of {request.ClientHost} in {request.Key}: {fault}");
        }
        finally
        {
            request.Writer.Release();
            socket.Dispose();
        }
    }

    public void Dispose() => socket.Dispose();

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }
}
