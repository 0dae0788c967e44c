using Xunit.Sdk;
using Xunit.v3;

// Each test runs a broker and workers of its own; two at a time would only make both wait for the processor.
[assembly: Parallelization(Mode = ParallelMode.None)]
