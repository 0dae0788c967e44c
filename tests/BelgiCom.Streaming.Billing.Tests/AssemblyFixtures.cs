using BelgiCom.Streaming.Testing;

// All tests share one server, and each has a database of its own.
[assembly: AssemblyFixture(typeof(PostgreSqlServer))]
