namespace BelgiCom.Streaming.Avro;

/// <summary>An Avro body cannot be decoded; the message says where and why. It never holds a value of the record.</summary>
public sealed class AvroFormatException : FormatException
{
    /// <summary>Names the fault.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="offset">Octet in the body, from 0, at which the faulty value starts.</param>
    /// <param name="limit">The most that would have been accepted; -1 where the fault has no limit.</param>
    public AvroFormatException(AvroFault fault, int offset, long limit = -1)
        : base(limit < 0
            ? $"Avro body is not readable: {fault} at octet {offset}."
            : $"Avro body is not readable: {fault} at octet {offset}, limit {limit}.")
    {
        Fault = fault;
        Offset = offset;
        Limit = limit;
    }

    /// <summary>What is wrong.</summary>
    public AvroFault Fault { get; }

    /// <summary>Octet in the body, from 0, at which the faulty value starts.</summary>
    public int Offset { get; }

    /// <summary>The most that would have been accepted; -1 where the fault has no limit.</summary>
    public long Limit { get; }
}
