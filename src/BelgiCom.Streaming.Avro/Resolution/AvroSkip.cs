namespace BelgiCom.Streaming.Avro;

/// <summary>
/// Passes over one value of a writer's schema. Parts that never take octets are left out at compilation, so the time is bounded by the
/// octets of the body and the depth, and not by the product of all sizes that a hostile schema announces.
/// </summary>
internal sealed class AvroSkip
{
    private readonly AvroKind _kind;
    private readonly int _size;
    private AvroSkip[] _parts = [];

    private AvroSkip(AvroKind kind, int size)
    {
        _kind = kind;
        _size = size;
    }

    /// <summary>Compiles a type. A type that is named again, also inside itself, is compiled once.</summary>
    public static AvroSkip Compile(AvroSchema schema, Dictionary<AvroSchema, AvroSkip> known)
    {
        if (known.TryGetValue(schema, out AvroSkip? skip))
        {
            return skip;
        }

        skip = new AvroSkip(schema.Kind, schema switch
        {
            AvroEnum e => e.Symbols.Count,
            AvroFixed f => f.Size,
            _ => 0,
        });
        known.Add(schema, skip);
        skip._parts = schema switch
        {
            AvroRecord record => [.. record.Fields.Select(field => Compile(field.Schema, known)).Where(part => !part.IsEmpty)],
            AvroUnion union => [.. union.Branches.Select(branch => Compile(branch, known))],
            AvroArray array => [Compile(array.Items, known)],
            AvroMap map => [Compile(map.Values, known)],
            _ => [],
        };
        skip.IsEmpty = schema switch
        {
            AvroRecord => skip._parts.Length == 0,
            AvroFixed f => f.Size == 0,
            _ => schema.Kind == AvroKind.Null,
        };
        return skip;
    }

    /// <summary>Whether no value of the type takes octets. A record that holds itself counts as not empty while it is compiled.</summary>
    private bool IsEmpty { get; set; }

    public void Run(ref AvroReader reader, int depth)
    {
        if (depth > AvroLimits.MaxDepth)
        {
            reader.Fail(AvroFault.TooDeep, reader.Position);
            return;
        }

        switch (_kind)
        {
            case AvroKind.Null:
                break;
            case AvroKind.Boolean:
                reader.ReadBoolean();
                break;
            case AvroKind.Int or AvroKind.Long:
                reader.ReadLong();
                break;
            case AvroKind.Enum:
                reader.ReadEnum(_size);
                break;
            case AvroKind.Float:
                reader.Skip(4);
                break;
            case AvroKind.Double:
                reader.Skip(8);
                break;
            case AvroKind.Fixed:
                reader.Skip(_size);
                break;
            case AvroKind.Bytes or AvroKind.String:
                reader.ReadBytes();
                break;
            case AvroKind.Record:
                SkipFields(ref reader, depth);
                break;
            case AvroKind.Union:
                SkipBranch(ref reader, depth);
                break;
            default:
                SkipBlocks(ref reader, depth);
                break;
        }
    }

    private void SkipFields(ref AvroReader reader, int depth)
    {
        for (int i = 0; i < _parts.Length && reader.Fault == AvroFault.None; i++)
        {
            _parts[i].Run(ref reader, depth + 1);
        }
    }

    private void SkipBranch(ref AvroReader reader, int depth)
    {
        int start = reader.Position;
        long index = reader.ReadLong();
        if ((ulong)index >= (ulong)_parts.Length)
        {
            reader.Fail(AvroFault.UnknownBranch, start);
            return;
        }

        _parts[index].Run(ref reader, depth + 1);
    }

    private void SkipBlocks(ref AvroReader reader, int depth)
    {
        bool isMap = _kind == AvroKind.Map;
        for (int count = reader.ReadBlockCount(minimumItemSize: 1); count > 0; count = reader.ReadBlockCount(minimumItemSize: 1))
        {
            for (int i = 0; i < count && reader.Fault == AvroFault.None; i++)
            {
                if (isMap)
                {
                    reader.ReadBytes();
                }

                _parts[0].Run(ref reader, depth + 1);
            }
        }
    }
}
