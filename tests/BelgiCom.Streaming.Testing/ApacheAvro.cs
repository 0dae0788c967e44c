using Avro;
using Avro.Generic;
using Avro.IO;
using Avro.Util;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Testing;

/// <summary>The other implementation: random values of any schema, written and read by Apache.Avro.</summary>
public static class ApacheAvro
{
    public static byte[] RandomBody(string schemaJson, Random random)
    {
        Schema schema = Schema.Parse(schemaJson);
        return Write(schema, RandomValue(schema, random)!);
    }

    public static byte[] Write(Schema schema, object value)
    {
        using MemoryStream stream = new();
        new GenericDatumWriter<object>(schema).Write(value, new BinaryEncoder(stream));
        return stream.ToArray();
    }

    /// <summary>Reads a body of the writer's schema as the reader's schema, by Apache.Avro's rules.</summary>
    public static object Read(Schema writer, Schema reader, byte[] body)
    {
        using MemoryStream stream = new(body);
        return new GenericDatumReader<object>(writer, reader).Read(null!, new BinaryDecoder(stream));
    }

    public static object? RandomValue(Schema schema, Random random) => schema switch
    {
        LogicalSchema { LogicalType: global::Avro.Util.Decimal } => RandomDecimal(random),
        // Apache.Avro counts milliseconds in doubles and is off by one in far years; AvroReaderTests has those.
        LogicalSchema { LogicalType: TimestampMillisecond } => DateTime.UnixEpoch.AddMilliseconds(random.NextInt64(4_000_000_000_000)),
        LogicalSchema { LogicalType: Date } => DateTime.UnixEpoch.AddDays(random.Next(-719_162, 2_932_896)),
        RecordSchema record => RandomRecord(record, random),
        EnumSchema symbols => new GenericEnum(symbols, symbols.Symbols[random.Next(symbols.Count)]),
        FixedSchema octets => new GenericFixed(octets, RandomBytes(random, octets.Size)),
        ArraySchema array => Enumerable.Range(0, random.Next(4)).Select(_ => RandomValue(array.ItemSchema, random)).ToArray(),
        MapSchema map => Enumerable.Range(0, random.Next(4)).ToDictionary(i => $"k{i}", _ => RandomValue(map.ValueSchema, random)!),
        UnionSchema union => RandomValue(union.Schemas[random.Next(union.Count)], random),
        _ => RandomPrimitive(schema, random),
    };

    private static object? RandomPrimitive(Schema schema, Random random) => schema.Tag switch
    {
        Schema.Type.Null => null,
        Schema.Type.Boolean => random.Next(2) == 1,
        Schema.Type.Int => (int)RandomLong(random, 32),
        Schema.Type.Long => RandomLong(random, 64),
        Schema.Type.Float => random.NextSingle(),
        Schema.Type.Double => random.NextDouble(),
        Schema.Type.Bytes => RandomBytes(random, random.Next(random.Next(2) == 0 ? 4 : 200)),
        Schema.Type.String => RandomText(random),
        _ => throw new NotSupportedException(schema.Tag.ToString()),
    };

    private static GenericRecord RandomRecord(RecordSchema schema, Random random)
    {
        GenericRecord record = new(schema);
        foreach (Field field in schema.Fields)
        {
            record.Add(field.Name, RandomValue(field.Schema, random));
        }

        return record;
    }

    /// <summary>Every length of a varint is as likely as another.</summary>
    private static long RandomLong(Random random, int bits) =>
        random.NextInt64(long.MinValue, long.MaxValue) >> (64 - random.Next(1, bits + 1));

    private static byte[] RandomBytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string RandomText(Random random)
    {
        const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789.-/é€𐍈";
        string[] characters = [.. Alphabet.EnumerateRunes().Select(rune => rune.ToString())];
        int plain = random.Next(3) == 0 ? characters.Length : 39;
        return string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => characters[random.Next(plain)]));
    }

    private static AvroDecimal RandomDecimal(Random random)
    {
        long nanos = RandomLong(random, 60) % (Nanos.Max + 1);
        return new AvroDecimal(nanos, 9);
    }
}
