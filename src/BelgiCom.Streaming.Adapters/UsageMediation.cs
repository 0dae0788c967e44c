using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Mediates usage: recognise → decode → normalise → encrypt. One file at a time.</summary>
/// <param name="sources">The configured sources.</param>
/// <param name="keys">Keys of pseudonyms and of personal data.</param>
/// <param name="clock">Says which day's key encrypts.</param>
public sealed class UsageMediation(IReadOnlyList<UsageSource> sources, IKeyStore keys, TimeProvider clock) : IFileMediation
{
    private readonly UsageSources _sources = new(sources);
    private readonly UsageNormaliser _normaliser = new(keys, clock);

    /// <inheritdoc/>
    public IEnumerable<string> SourceNames => _sources.Names;

    /// <inheritdoc/>
    public IReadOnlyList<string> Topics { get; } = [Contracts.Topics.UsageReceived, Contracts.Topics.Quarantine];

    /// <inheritdoc/>
    public IMediatedFile? Open(IncomingFile file, string? source, long committed)
    {
        UsageSource? found = source is null ? _sources.Detect(file.Head) : _sources.Find(source);
        if (found is null)
        {
            return null;
        }

        // A source's file that none of its formats recognises goes to the likeliest, whose reader says what is wrong.
        IUsageFormat format = found.Recognise(file.Head) ?? found.Formats[0];
        return new OpenFile(_normaliser, new UsageFile(found.Name, found.Charged, file.Id, file.Name), format, file.Open(), committed);
    }

    private sealed class OpenFile(UsageNormaliser normaliser, UsageFile file, IUsageFormat format, Stream content, long committed)
        : IMediatedFile
    {
        private readonly UsageFileReader _reader = format.Open(content);

        public string Source => file.Source;

        public string Format => format.Name;

        public FileHeader? Header => _reader.Header;

        public bool Read(RecordChunk chunk)
        {
            normaliser.BeginChunk();
            while (_reader.Read())
            {
                bool isFileFault = _reader.Fault is { IsFileLevel: true };
                if (_reader.RecordCount < committed || (_reader.RecordCount == committed && !isFileFault))
                {
                    continue;
                }

                normaliser.Add(_reader, file, chunk);
                chunk.FileFault = _reader.Fault is { EndsReading: true } ends ? ends.Detail : chunk.FileFault;
                if (chunk.IsFull)
                {
                    return true;
                }
            }

            return false;
        }

        public void Dispose() => _reader.Dispose();
    }
}
