namespace BelgiCom.Streaming.Kafka;

/// <summary>Looks schemas up for code that works on batches on a thread of its own, where there is nothing to await.</summary>
public static class SchemaLookup
{
    /// <summary>The schema that was registered under the id; null when there is none.</summary>
    /// <param name="registry">Registry; answers are kept, so that only a new id costs a request.</param>
    /// <param name="id">Id from the header of a record.</param>
    /// <exception cref="SchemaRegistryException">The registry did not answer or refuses us: the record must not be passed.</exception>
    public static string? Find(this ISchemaRegistry registry, int id)
    {
        try
        {
            return registry.GetSchemaAsync(id, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (SchemaRegistryException failure) when (failure.Failure == SchemaRegistryFailure.NotFound)
        {
            return null;
        }
    }
}
