using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Adapters.Tests;

/// <summary>What mediation makes of a file: the usage it publishes, and what it quarantines.</summary>
internal sealed record ProductOpinion(bool IsRecognised, List<UsageReceived> Usage, List<QuarantinedRecord> Quarantined)
{
    private const int SchemaIdOctets = 5;
    private static readonly UsageMediation Mediation = Mediated.NewMediation();

    public static ProductOpinion Of(byte[] file)
    {
        RecordChunk chunk = Mediated.NewChunk();
        using IMediatedFile? mediated = Mediated.Open(Mediation, file, source: null);
        ProductOpinion opinion = new(mediated is not null, [], []);
        bool isMore = opinion.IsRecognised;
        while (isMore)
        {
            isMore = mediated!.Read(chunk);
            for (int i = 0; i < chunk.Count; i++)
            {
                ReadOnlySpan<byte> body = chunk.ValueAt(i)[SchemaIdOctets..];
                if (chunk.TopicAt(i) == Topics.UsageReceived)
                {
                    opinion.Usage.Add(UsageReceived.Read(body));
                }
                else
                {
                    opinion.Quarantined.Add(QuarantinedRecord.Read(body));
                }
            }

            chunk.Clear();
        }

        return opinion;
    }
}
