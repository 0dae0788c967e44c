using System.Globalization;
using System.Runtime.InteropServices;
using BelgiCom.Streaming.LocalKafka;

// The embedded broker as a process that tests kill, stop and continue: FOLDER PORT. It prints its address, and ends in order on SIGTERM.
TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stop.TrySetResult();
});
LocalKafkaOptions options = new()
{
    DataDirectory = args[0],
    Port = int.Parse(args[1], CultureInfo.InvariantCulture),
    CleanupInterval = TimeSpan.FromMilliseconds(200),
};
await using LocalKafkaBroker broker = await LocalKafkaBroker.StartAsync(options);
Console.WriteLine(broker.BootstrapServers);
// The test holds the other end of the input: when the test goes away, so does this process.
await Task.WhenAny(stop.Task, Task.Run(Console.In.ReadLine));
