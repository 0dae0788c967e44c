namespace BelgiCom.Streaming.Contracts;

/// <summary>Reads one value of the writer's schema and writes it in ours.</summary>
internal abstract class ResolutionStep
{
    public abstract void Run(ref AvroReader reader, ref ResolvedBody output);
}

/// <summary>int to int or long, long to long: the same encoding; an int must stay one.</summary>
internal sealed class CopyNumber(bool isInt) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) =>
        output.WriteLong(ref reader, isInt ? reader.ReadInt() : reader.ReadLong());
}

internal sealed class CopyBoolean : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        byte value = reader.ReadBoolean() ? (byte)1 : (byte)0;
        output.Write(ref reader, [value]);
    }
}

internal sealed class CopyFixed(int size) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.Write(ref reader, reader.ReadFixed(size));
}

internal sealed class CopyBytes : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.WriteBytes(ref reader, reader.ReadBytes());
}

internal sealed class CopyText : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.WriteBytes(ref reader, reader.ReadUtf8());
}

/// <summary>A value that takes no octets, or one that the writer does not have: its octets in our schema are known.</summary>
internal sealed class WriteConstant(byte[] octets) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.Write(ref reader, octets);
}

/// <summary>A branch that cannot be read with our schema: a fault only where a body has it.</summary>
internal sealed class Unresolvable : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => reader.Fail(AvroFault.Unresolvable, reader.Position);
}

/// <summary>Index of the writer's symbol to index of ours; -1 where we have neither the symbol nor a default.</summary>
internal sealed class MapSymbol(int[] ours) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        int start = reader.Position;
        int index = ours[reader.ReadEnum(ours.Length)];
        if (index < 0)
        {
            reader.Fail(AvroFault.UnknownSymbol, start);
        }

        output.WriteLong(ref reader, index);
    }
}

/// <summary>Every branch of the writer's union has its own step.</summary>
internal sealed class ChooseBranch(ResolutionStep[] branches) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        int start = reader.Position;
        long index = reader.ReadLong();
        if ((ulong)index >= (ulong)branches.Length)
        {
            reader.Fail(AvroFault.UnknownBranch, start);
            return;
        }

        branches[index].Run(ref reader, ref output);
    }
}

/// <summary>A value becomes a branch of our union.</summary>
internal sealed class WriteBranch(int index, ResolutionStep value) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        output.WriteLong(ref reader, index);
        value.Run(ref reader, ref output);
    }
}

/// <summary>Items one by one, in the writer's blocks.</summary>
internal sealed class CopyArray(ResolutionStep item) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        // An array of items without octets (null, a record without fields) could claim any count; ours never have such items.
        for (int count = reader.ReadBlockCount(minimumItemSize: 1); count > 0; count = reader.ReadBlockCount(minimumItemSize: 1))
        {
            output.WriteLong(ref reader, count);
            for (int i = 0; i < count && reader.Fault == AvroFault.None; i++)
            {
                item.Run(ref reader, ref output);
            }
        }

        output.WriteLong(ref reader, 0);
    }
}

/// <summary>
/// Fields in our order. The writer's may be in another, so that a first pass finds where each of the writer's fields starts;
/// a second one takes them as we need them.
/// </summary>
/// <param name="skips">How to pass each field of the writer.</param>
/// <param name="fields">Our fields: index of the writer's field, or -1 for a default; and the step.</param>
internal sealed class CopyRecord(AvroSkip[] skips, (int Writer, ResolutionStep Step)[] fields) : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        int[] starts = new int[skips.Length];
        for (int i = 0; i < skips.Length; i++)
        {
            starts[i] = reader.Position;
            skips[i].Run(ref reader, depth: 0);
        }

        int end = reader.Position;
        foreach ((int writer, ResolutionStep step) in fields)
        {
            if (reader.Fault != AvroFault.None)
            {
                return;
            }

            if (writer >= 0)
            {
                reader.MoveTo(starts[writer]);
            }

            step.Run(ref reader, ref output);
        }

        reader.MoveTo(end);
    }
}
