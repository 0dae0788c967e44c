using System.Diagnostics;
using System.Text;
using BelgiCom.Streaming.Testing;
using Confluent.Kafka;

namespace BelgiCom.Streaming.LocalKafka.Tests;

public abstract partial class BrokerConformance
{
    [Fact]
    public async Task Kcat_InItsOwnProcess_ListsProducesAndConsumes()
    {
        string topic = await CreateTopicAsync(partitions: 2);

        string listed = await KcatAsync(["-L", "-t", topic], "");
        Assert.Contains($"topic \"{topic}\" with 2 partitions", listed, StringComparison.Ordinal);

        await KcatAsync(["-P", "-t", topic, "-p", "1", "-K", ":", "-H", "source=kcat", "-z", "gzip"], "k1:v1\nk2:v2\n");
        List<ConsumeResult<string?, string?>> records = ReadAll(topic, partition: 1);
        Assert.Equal(["k1=v1", "k2=v2"], records.Select(record => $"{record.Message.Key}={record.Message.Value}"));
        Assert.Equal("kcat"u8.ToArray(), records[0].Message.Headers.GetLastBytes("source"));

        string consumed = await KcatAsync(["-C", "-t", topic, "-p", "1", "-e", "-q", "-f", "%p/%o/%k=%s\n"], "");
        Assert.Equal("1/0/k1=v1\n1/1/k2=v2\n", consumed);
    }

    private async Task<string> KcatAsync(string[] arguments, string input)
    {
        Assert.SkipUnless(ChildProcess.IsOnPath("kcat"), "kcat is not installed");
        Finished kcat = await ChildProcess.RunAsync(
            new ProcessStartInfo("kcat", ["-b", _broker.BootstrapServers, .. arguments]), Encoding.UTF8.GetBytes(input));
        return kcat.WithExitCode(0).Text;
    }
}
