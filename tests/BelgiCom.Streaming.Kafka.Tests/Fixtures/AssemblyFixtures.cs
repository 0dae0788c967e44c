using BelgiCom.Streaming.Testing;

// One broker for all tests.
[assembly: AssemblyFixture(typeof(ChosenBroker))]
