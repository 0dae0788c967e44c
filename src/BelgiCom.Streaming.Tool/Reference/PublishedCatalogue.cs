using System.Text;
using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Kafka;
using BelgiCom.Streaming.Rating;

namespace BelgiCom.Streaming.Tool;

/// <summary>The catalogue as it is published now.</summary>
internal static class PublishedCatalogue
{
    /// <summary>Puts the published versions into a catalogue and compiles it.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="reader">Reads topics.</param>
    /// <param name="topic">catalogue.tariffs.v1.</param>
    /// <param name="stopping">Stops it.</param>
    public static void ReadInto(
        CompiledCatalogue catalogue, TopicReader reader, EventTopic<OfferingVersion> topic, CancellationToken stopping)
    {
        reader.Read(
            reader.RangesOf(Topics.CatalogueTariffs),
            batch =>
            {
                for (int index = 0; index < batch.Count; index++)
                {
                    ConsumedRecord record = batch[index];
                    string key = Encoding.UTF8.GetString(record.Key);
                    if (record.IsTombstone)
                    {
                        catalogue.Remove(key);
                    }
                    else if (topic.TryRead(record.Value, out OfferingVersion? version) && version.Key == key)
                    {
                        catalogue.Put(version);
                    }
                }
            },
            stopping);
        catalogue.Compile();
    }
}
