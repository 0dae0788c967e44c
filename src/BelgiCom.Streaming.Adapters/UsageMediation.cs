using BelgiCom.Streaming.Privacy;

namespace BelgiCom.Streaming.Adapters;

/// <summary>Mediates usage: recognise → decode → normalise → encrypt. Several files may be open at a time.</summary>
/// <param name="sources">The configured sources.</param>
/// <param name="keys">Keys of pseudonyms and of personal data.</param>
/// <param name="clock">Says which day's key encrypts.</param>
/// <param name="bounds">How much one event may say; null for the defaults.</param>
/// <param name="shortNumbers">Which short numbers events carry; null for the defaults.</param>
public sealed class UsageMediation(
    IReadOnlyList<UsageSource> sources, IKeyStore keys, TimeProvider clock, UsageBounds? bounds = null, ShortNumbers? shortNumbers = null)
    : IFileMediation
{
    private readonly UsageSources _sources = new(sources);
    private readonly UsageBounds _bounds = bounds ?? new UsageBounds();
    private readonly ShortNumbers _shortNumbers = shortNumbers ?? new ShortNumbers();
    private readonly TrafficMinutes _minutes = new();

    /// <summary>
    /// Usage that began before this moment (milliseconds since 1970-01-01 UTC) may have been rated under the id of a former key form, and
    /// carries that id too. 0 when nothing was rated under a former form.
    /// </summary>
    public long FormerUntilMilliseconds { get; init; }

    /// <summary>
    /// How long after that moment usage carries the former id: longer than rating knows ids (<c>Rating:DedupDays</c>), because its days go
    /// with the usage and not with a clock. Later the id says nothing to rating, and a CSV record's is made of its own id without a secret.
    /// </summary>
    public TimeSpan FormerIdsFor { get; init; } = TimeSpan.FromDays(90);

    /// <summary>
    /// Records of a file that may be unreadable before the rest of it is not read, because it is not what its source says. Each goes to
    /// quarantine with its octets, so that a file of nothing else would become many times as large there.
    /// </summary>
    public long MaxFaults { get; init; } = 100_000;

    /// <summary>
    /// Whether usage carries the pseudonym of the number that was called, for prices that ask if it is of the caller's account.
    /// </summary>
    public bool SaysWhoWasCalled { get; init; }

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
        UsageFile usage = new(found.Name, found.Charged, file.Id, file.Name, FormerUntil())
        {
            FollowsRecordNumbers = found.RecordNumbers == RecordNumbering.Follow,
        };
        // A file of which records are committed was looked through when they were read.
        DecodingFault? held = found.WrongCdrCount == WrongCdrCount.Hold && format == CdrFileFormat.Framed && committed == 0
            ? FramedCdrReader.FindWrongCount(file)
            : null;
        UsageFileReader reader = held is null ? format.Open(file.Open()) : new FramedCdrReader(file.Open(), held: held with
        {
            Detail = held.Detail + " Nothing of it is used: with WrongCdrCount set to Bill for its source, belgicom files retry takes it.",
        });
        reader.Cdr.CountryCode = found.CountryCode;
        return new OpenFile(
            new UsageNormaliser(keys, clock, _shortNumbers, _minutes, SaysWhoWasCalled), _bounds, MaxFaults, usage, format, reader,
            committed);
    }

    private long FormerUntil() => FormerUntilMilliseconds > 0
        && clock.GetUtcNow().ToUnixTimeMilliseconds() - FormerUntilMilliseconds > FormerIdsFor.TotalMilliseconds
            ? 0
            : FormerUntilMilliseconds;

    private sealed class OpenFile : IMediatedFile
    {
        private readonly UsageNormaliser _normaliser;
        private readonly UsageBounds _bounds;
        private readonly long _maxFaults;
        private readonly UsageFile _file;
        private readonly IUsageFormat _format;
        private readonly long _committed;
        private readonly UsageFileReader _reader;
        private long _faults;

        public OpenFile(
            UsageNormaliser normaliser, UsageBounds bounds, long maxFaults, UsageFile file, IUsageFormat format,
            UsageFileReader reader, long committed)
        {
            _normaliser = normaliser;
            _bounds = bounds;
            _maxFaults = maxFaults;
            _file = file;
            _format = format;
            _committed = committed;
            _reader = reader;
        }

        public string Source => _file.Source;

        public string Format => _format.Name;

        public FileHeader? Header => _reader.Header;

        public bool Read(RecordChunk chunk)
        {
            _normaliser.BeginChunk();
            while (ReadNext())
            {
                bool isFileFault = _reader.Fault is { IsFileLevel: true };
                if (_reader.RecordCount < _committed || (_reader.RecordCount == _committed && !isFileFault))
                {
                    continue;
                }

                if (_reader.Fault is null && _bounds.FaultOf(_reader.Cdr) is { } absurd)
                {
                    _reader.Refuse(absurd);
                }

                _normaliser.Add(_reader, _file, chunk);
                chunk.FileFault = _reader.Fault is { EndsReading: true } ends ? ends.Detail : chunk.FileFault;
                if (_reader.Fault is not null && ++_faults > _maxFaults)
                {
                    chunk.FileFault = $"More than {_maxFaults} of its records cannot be read, so the rest was not: mend the settings of "
                        + "its source and ask for it again (belgicom files retry).";
                    return false;
                }

                if (chunk.IsFull)
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>A fault may end a record before its number was read; then it has none, and not that of the record before.</summary>
        private bool ReadNext()
        {
            _reader.Cdr.LocalSequenceNumber = -1;
            return _reader.Read();
        }

        public void Dispose() => _reader.Dispose();
    }
}
