using BelgiCom.Streaming.Contracts;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.RepositoryTests;

public sealed class TopicsFileTests
{
    [Fact]
    public void TopicsFile_OfTheDeployment_IsWhatTheCodeCreates()
    {
        using StreamReader reader = new(Path.Combine(Repository.Root, "deploy", "kafka", "topics.yaml"));
        YamlStream yaml = new();
        yaml.Load(reader);
        YamlSequenceNode topics = (YamlSequenceNode)yaml.Documents[0].RootNode["topics"];

        Assert.Equal(
            Topics.All.Select(topic => (topic.Name, topic))
                .Concat(Topics.DeadLetters.Select(topic => (topic.Name, topic.Source)))
                .Select(topic => Line(
                    topic.Name, topic.Item2.Partitions, topic.Item2.Config.Select(pair => $"{pair.Key}={pair.Value}"))),
            topics.Select(topic => Line(
                topic["name"], topic["partitions"], ((YamlMappingNode)topic["config"]).Select(pair => $"{pair.Key}={pair.Value}"))));
    }

    private static string Line(object name, object partitions, IEnumerable<string> config) =>
        $"{name} {partitions} {string.Join(' ', config.Order(StringComparer.Ordinal))}";
}
