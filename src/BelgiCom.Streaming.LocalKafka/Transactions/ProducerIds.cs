using System.Globalization;

namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// Hands out producer ids, each once in the life of a data directory: a block of ids is written down before its first id is handed out.
/// </summary>
internal sealed class ProducerIds
{
    private const int BlockSize = 1000;
    private readonly string _path;
    private readonly Lock _gate = new();
    private long _next;
    private long _reserved;

    /// <summary>Goes on after the last block that was written down.</summary>
    /// <exception cref="LocalKafkaException">What was written down is damaged.</exception>
    public ProducerIds(string dataDirectory)
    {
        _path = Path.Combine(dataDirectory, "producer-ids");
        string? written = DurableFile.Read(_path, content => long.TryParse(content, CultureInfo.InvariantCulture, out _));
        _reserved = written is null ? 0 : long.Parse(written, CultureInfo.InvariantCulture);
        _next = _reserved;
    }

    public long Next()
    {
        lock (_gate)
        {
            if (_next == _reserved)
            {
                _reserved = _next + BlockSize;
                DurableFile.Write(_path, _reserved.ToString(CultureInfo.InvariantCulture));
            }

            return _next++;
        }
    }
}
