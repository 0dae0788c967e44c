using System.Net.Sockets;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Accepts connections and gives each a thread of its own. It uses threads and no tasks, because the broker often shares its process with
/// clients whose blocking calls fill the thread pool, and it must go on answering exactly then. A client opens two or three connections, so
/// there are few threads.
/// </summary>
internal sealed class Listener : IDisposable
{
    private const int StackSize = 512 * 1024;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<Connection, Thread> _connections = [];
    private readonly Socket _socket;
    private readonly RequestRouter _router;
    private readonly Action<string> _report;
    private readonly Thread _accepting;

    public Listener(Socket socket, RequestRouter router, Action<string> report)
    {
        _socket = socket;
        _router = router;
        _report = report;
        _accepting = new Thread(Accept, StackSize) { IsBackground = true, Name = "LocalKafka accept" };
        _accepting.Start();
    }

    /// <summary>Connections that have a thread.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Closes everything and waits until no request is under way.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _socket.Dispose();
        _accepting.Join();
        List<KeyValuePair<Connection, Thread>> open;
        lock (_gate)
        {
            open = [.. _connections];
        }

        open.ForEach(entry => entry.Key.Dispose());
        open.ForEach(entry => entry.Value.Join());
        _stopping.Dispose();
    }

    private void Accept()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Serve(_socket.Accept());
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException fault)
            {
                // The client was gone before it was accepted, or the process has no file descriptor left for it.
                _report($"A connection could not be accepted: {fault.Message}");
                _stopping.Token.WaitHandle.WaitOne(AcceptPause);
            }
        }
    }

    private void Serve(Socket client)
    {
        Connection connection = new(client, _router, _report);
        Thread thread = new(() => Run(connection), StackSize) { IsBackground = true, Name = "LocalKafka connection" };
        lock (_gate)
        {
            _connections.Add(connection, thread);
        }

        thread.Start();
    }

    private void Run(Connection connection)
    {
        connection.Run(_stopping.Token);
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }
}
