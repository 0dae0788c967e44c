using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>Identity of one step of an operation of prepaid money: what is done under it is done once.</summary>
/// <param name="Id">Identity of the request.</param>
/// <param name="Step">Which step of it.</param>
public readonly record struct OperationKey(UInt128 Id, OperationStep Step)
{
    /// <summary>Identity of a request: it belongs to the subscriber and the id that the caller gave it, whatever else it says.</summary>
    /// <param name="subscriber">Whose money.</param>
    /// <param name="callersId">The caller's id. Only its hash is kept, because nobody knows what callers put into it.</param>
    public static UInt128 IdOf(UInt128 subscriber, string callersId)
    {
        byte[] text = new byte[SubscriberRef.Size + Encoding.UTF8.GetByteCount(callersId)];
        BinaryPrimitives.WriteUInt128BigEndian(text, subscriber);
        Encoding.UTF8.GetBytes(callersId, text.AsSpan(SubscriberRef.Size));
        return BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(text));
    }

    /// <summary>The step that an operation is.</summary>
    public static OperationKey Of(BalanceOperation operation) => new(
        ToNumber(operation.OperationId),
        operation.Kind switch
        {
            BalanceOperationKind.TransferIn => OperationStep.In,
            BalanceOperationKind.TransferBack => OperationStep.Back,
            _ => OperationStep.Request,
        });

    /// <summary>An id as a number.</summary>
    public static UInt128 ToNumber(BalanceOperationId id) => new(id.High, id.Low);

    /// <summary>An id from its number.</summary>
    public static BalanceOperationId ToId(UInt128 number) => BalanceOperationId.FromHalves((ulong)(number >> 64), (ulong)number);
}

/// <summary>Steps of an operation. A transfer has two: out of one account, and into another one or back.</summary>
public enum OperationStep
{
    /// <summary>What the request itself did.</summary>
    Request,

    /// <summary>A transfer came in.</summary>
    In,

    /// <summary>A transfer that was refused came back.</summary>
    Back,
}
