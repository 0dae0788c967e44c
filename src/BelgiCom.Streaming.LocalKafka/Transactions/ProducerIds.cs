using System.Globalization;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Hands out producer ids, each once in the life of a data directory: a block of ids is written down before its first id is handed out.
/// </summary>
internal sealed class ProducerIds(string dataDirectory)
{
    private const int BlockSize = 1000;
    private readonly string _path = Path.Combine(dataDirectory, "producer-ids");
    private readonly Lock _gate = new();
    private long _next = -1;
    private long _reserved = -1;

    public long Next()
    {
        lock (_gate)
        {
            if (_next == _reserved)
            {
                _next = _reserved < 0 ? ReadReserved() : _reserved;
                _reserved = _next + BlockSize;
                DurableFile.Write(_path, _reserved.ToString(CultureInfo.InvariantCulture));
            }

            return _next++;
        }
    }

    private long ReadReserved() => File.Exists(_path) ? long.Parse(File.ReadAllText(_path), CultureInfo.InvariantCulture) : 0;
}
