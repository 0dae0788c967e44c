using BelgiCom.Streaming.Contracts;
using BelgiCom.Streaming.Tool.Tests.Catalogue;
using YamlDotNet.RepresentationModel;

namespace BelgiCom.Streaming.Tool.Tests.Deploy;

public sealed class TopicsFileTests
{
    [Fact]
    public void TopicsFile_OfTheDeployment_IsWhatTheCodeCreates()
    {
        using var reader = new StreamReader(Repository.PathOf("deploy/kafka/topics.yaml"));
        var yaml = new YamlStream();
        yaml.Load(reader);
        var topics = (YamlSequenceNode)yaml.Documents[0].RootNode["topics"];

        Assert.Equal(
            Topics.All.Select(topic => $"{topic.Name} {topic.Partitions} {string.Join(' ', topic.Config.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"))}"),
            topics.Select(topic => $"{topic["name"]} {topic["partitions"]} {string.Join(' ', ((YamlMappingNode)topic["config"]).OrderBy(pair => $"{pair.Key}", StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"))}"));
    }
}
