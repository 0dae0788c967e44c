using BelgiCom.Streaming.Testing;

// One server for all tests, a database for each.
[assembly: AssemblyFixture(typeof(PostgreSqlServer))]
