using BelgiCom.Streaming.Benchmarks;
using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(DecodeBenchmark).Assembly).Run(args);
