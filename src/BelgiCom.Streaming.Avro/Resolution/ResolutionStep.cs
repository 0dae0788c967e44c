using System.Buffers.Binary;
using System.Text.Json;

namespace BelgiCom.Streaming.Avro;

/// <summary>Reads one value of the writer's schema and writes it in ours.</summary>
internal abstract class ResolutionStep
{
    /// <summary>Whether this step itself writes the same octets that it reads. Its <see cref="Parts"/> answer for themselves.</summary>
    public virtual bool Copies => true;

    /// <summary>The steps for the values inside this one.</summary>
    public virtual IEnumerable<ResolutionStep> Parts => [];

    public abstract void Run(ref AvroReader reader, ref ResolvedBody output);

    /// <summary>Whether this step and all steps below it copy. A recursive type leads to itself, which ends the search.</summary>
    public bool CopiesThroughout()
    {
        HashSet<ResolutionStep> seen = [this];
        Queue<ResolutionStep> next = new(seen);
        while (next.TryDequeue(out ResolutionStep? step))
        {
            if (!step.Copies)
            {
                return false;
            }

            foreach (ResolutionStep part in step.Parts.Where(seen.Add))
            {
                next.Enqueue(part);
            }
        }

        return true;
    }
}

internal sealed class CopyBoolean : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) =>
        output.Write(ref reader, [reader.ReadBoolean() ? (byte)1 : (byte)0]);
}

/// <summary>Reads an int as an int or a long. Both have the same encoding, but the value must fit in an int.</summary>
internal sealed class CopyInt(bool asLong) : ResolutionStep
{
    public override bool Copies => !asLong;

    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.WriteLong(ref reader, reader.ReadInt());
}

internal sealed class CopyLong : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.WriteLong(ref reader, reader.ReadLong());
}

internal sealed class IntegerAsFloat : ResolutionStep
{
    public override bool Copies => false;

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        Span<byte> octets = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(octets, reader.ReadLong());
        output.Write(ref reader, octets);
    }
}

internal sealed class IntegerAsDouble : ResolutionStep
{
    public override bool Copies => false;

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        Span<byte> octets = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(octets, reader.ReadLong());
        output.Write(ref reader, octets);
    }
}

internal sealed class FloatAsDouble : ResolutionStep
{
    public override bool Copies => false;

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        ReadOnlySpan<byte> written = reader.ReadFixed(sizeof(float));
        Span<byte> octets = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(octets, written.IsEmpty ? 0 : BinaryPrimitives.ReadSingleLittleEndian(written));
        output.Write(ref reader, octets);
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

/// <summary>Octets that must be UTF-8.</summary>
internal sealed class CopyText : ResolutionStep
{
    public override void Run(ref AvroReader reader, ref ResolvedBody output) => output.WriteBytes(ref reader, reader.ReadUtf8());
}

/// <summary>
/// Writes the default of a field that the writer does not have. It is encoded when it is first needed, because a mere comparison of schemas
/// never needs it.
/// </summary>
internal sealed class WriteDefault(AvroSchema type, JsonElement value) : ResolutionStep
{
    private readonly Lazy<byte[]?> _octets = new(() => AvroDefault.TryEncode(type, value, out byte[] octets) ? octets : null);

    public override bool Copies => false;

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        if (_octets.Value is not { } octets)
        {
            reader.Fail(AvroFault.TooLarge, reader.Position);
            return;
        }

        output.Write(ref reader, octets);
    }
}

/// <summary>A branch that our schema cannot read. It is a fault only when a body has a value of it.</summary>
internal sealed class Unresolvable : ResolutionStep
{
    public override bool Copies => false;

    public override void Run(ref AvroReader reader, ref ResolvedBody output) => reader.Fail(AvroFault.Unresolvable, reader.Position);
}

/// <summary>
/// Maps the index of the writer's symbol to the index of ours; <see cref="None"/> where we have neither the symbol nor a default.
/// </summary>
internal sealed class MapSymbol(int[] ours) : ResolutionStep
{
    public const int None = -1;

    public override bool Copies => ours.Select((index, i) => index == i).All(same => same);

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        int start = reader.Position;
        if (ours.Length == 0)
        {
            reader.Fail(AvroFault.UnknownSymbol, start);
            return;
        }

        int index = ours[reader.ReadEnum(ours.Length)];
        if (index == None)
        {
            reader.Fail(AvroFault.UnknownSymbol, start);
        }

        output.WriteLong(ref reader, index);
    }
}

/// <summary>Every branch of the writer's union has its own step.</summary>
internal sealed class ChooseBranch(ResolutionStep[] branches) : ResolutionStep
{
    public override bool Copies => branches.Select((branch, i) => branch is WriteBranch to && to.Index == i).All(same => same);

    public override IEnumerable<ResolutionStep> Parts => branches;

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

/// <summary>
/// Writes a value as a branch of our union. The step copies when the writer's branch had the same index; the union of the writer knows
/// that.
/// </summary>
internal sealed class WriteBranch(int index, ResolutionStep value) : ResolutionStep
{
    public int Index => index;

    public override IEnumerable<ResolutionStep> Parts => [value];

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        output.WriteLong(ref reader, index);
        value.Run(ref reader, ref output);
    }
}

/// <summary>Items of an array one by one, in the writer's blocks.</summary>
internal sealed class CopyItems(ResolutionStep item) : ResolutionStep
{
    public override IEnumerable<ResolutionStep> Parts => [item];

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        // An array of items without octets (null, a record without fields) could claim any count; our schemas have no such items.
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

/// <summary>Entries of a map, which are encoded like the items of an array: a text and a value.</summary>
internal sealed class CopyEntries(ResolutionStep value) : ResolutionStep
{
    private readonly CopyItems _entries = new(new Entry(value));

    public override IEnumerable<ResolutionStep> Parts => [value];

    public override void Run(ref AvroReader reader, ref ResolvedBody output) => _entries.Run(ref reader, ref output);

    private sealed class Entry(ResolutionStep value) : ResolutionStep
    {
        public override void Run(ref AvroReader reader, ref ResolvedBody output)
        {
            output.WriteBytes(ref reader, reader.ReadUtf8());
            value.Run(ref reader, ref output);
        }
    }
}

/// <summary>One of our fields: which field of the writer it is, and how its value is read.</summary>
internal readonly record struct CopiedField(int Writer, ResolutionStep Step)
{
    /// <summary>The writer has no such field.</summary>
    public const int Absent = -1;
}

/// <summary>
/// Writes the fields in our order. The writer's order may differ, so a first pass finds where each of the writer's fields starts, and a
/// second pass reads them in our order. The first pass also bounds how deep the second one follows a recursive type.
/// </summary>
internal sealed class CopyRecord : ResolutionStep
{
    // Set when the record is known to be readable. A recursive type reaches this step before that.
    private AvroSkip[]? _skips;
    private CopiedField[] _fields = [];

    public override bool Copies =>
        _skips?.Length == _fields.Length && _fields.Select((copied, i) => copied.Writer == i).All(same => same);

    public override IEnumerable<ResolutionStep> Parts => _fields.Select(copied => copied.Step);

    /// <summary>Sets how to pass over each field of the writer, and how to read each of ours.</summary>
    public void Complete(AvroSkip[] skips, CopiedField[] fields) => (_skips, _fields) = (skips, fields);

    public override void Run(ref AvroReader reader, ref ResolvedBody output)
    {
        if (_skips is null)
        {
            reader.Fail(AvroFault.Unresolvable, reader.Position);
            return;
        }

        output.CountFields(ref reader, _skips.Length + _fields.Length);
        if (reader.Fault != AvroFault.None)
        {
            return;
        }

        int[] starts = new int[_skips.Length];
        for (int i = 0; i < _skips.Length; i++)
        {
            starts[i] = reader.Position;
            _skips[i].Run(ref reader, depth: 0);
        }

        int end = reader.Position;
        foreach ((int writer, ResolutionStep step) in _fields)
        {
            if (reader.Fault != AvroFault.None)
            {
                return;
            }

            if (writer != CopiedField.Absent)
            {
                reader.MoveTo(starts[writer]);
            }

            step.Run(ref reader, ref output);
        }

        reader.MoveTo(end);
    }
}
