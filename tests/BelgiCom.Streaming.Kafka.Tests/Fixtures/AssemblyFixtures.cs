using BelgiCom.Streaming.Testing;

// All tests share one broker.
[assembly: AssemblyFixture(typeof(ChosenBroker))]
