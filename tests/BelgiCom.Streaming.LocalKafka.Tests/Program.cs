using System.Globalization;
using BelgiCom.Streaming.LocalKafka;
using BelgiCom.Streaming.LocalKafka.Tests;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// "broker DIRECTORY PORT" is the process that fault tests kill; anything else runs the tests, as the generated entry point would.
if (args is ["broker", var directory, var port])
{
    LocalKafkaOptions options = new()
    {
        DataDirectory = directory,
        Port = int.Parse(port, CultureInfo.InvariantCulture),
        CleanupInterval = TimeSpan.FromMilliseconds(200),
    };
    await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(options);
    Console.WriteLine(broker.BootstrapServers);
    // The parent holds the other end: it going away ends this process too.
    await Console.In.ReadLineAsync();
    return 0;
}

return args.Any(arg => arg is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
