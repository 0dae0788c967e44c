using BelgiCom.Streaming.Bench;
using BelgiCom.Streaming.Tool;

return await CommandLine.RunAsync(BenchProgram.Create(), args);
