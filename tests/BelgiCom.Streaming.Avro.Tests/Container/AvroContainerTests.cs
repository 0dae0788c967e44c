using System.Buffers;
using Avro;
using Avro.File;
using Avro.Generic;

namespace BelgiCom.Streaming.Avro.Tests;

/// <summary>Container files are exchanged with Apache.Avro, the other implementation, in both directions.</summary>
public sealed class AvroContainerTests
{
    private const string SchemaJson =
        """{"type":"record","name":"Pair","fields":[{"name":"number","type":"long"},{"name":"word","type":"string"}]}""";

    private const int Records = 20_000;

    [Fact]
    public void File_OfOurs_IsReadByApacheAvro()
    {
        using MemoryStream file = new(Written());
        using IFileReader<GenericRecord> reader = DataFileReader<GenericRecord>.OpenReader(file);
        int expected = 0;
        foreach (GenericRecord record in reader.NextEntries)
        {
            Assert.Equal((long)expected, record["number"]);
            Assert.Equal($"word {expected}", record["word"]);
            expected++;
        }

        Assert.Equal(Records, expected);
    }

    [Theory]
    [InlineData(Codec.Type.Null)]
    [InlineData(Codec.Type.Deflate)]
    public void File_OfApacheAvro_IsReadByOurs(Codec.Type codec)
    {
        using MemoryStream file = new();
        RecordSchema schema = (RecordSchema)Schema.Parse(SchemaJson);
        using (IFileWriter<GenericRecord> writer = DataFileWriter<GenericRecord>.OpenWriter(
            new GenericDatumWriter<GenericRecord>(schema), file, Codec.CreateCodec(codec)))
        {
            for (int number = 0; number < Records; number++)
            {
                GenericRecord record = new(schema);
                record.Add("number", (long)number);
                record.Add("word", $"word {number}");
                writer.Append(record);
            }

            writer.Flush();
            Assert.Equal(Enumerable.Range(0, Records), Read(file.ToArray()));
        }
    }

    [Fact]
    public void File_ThatIsCutOrChangedAnywhere_IsRefusedOrReadWithoutAnotherError()
    {
        byte[] whole = Written(count: 40);
        for (int octet = 0; octet < whole.Length; octet++)
        {
            ReadOrRefuse(whole[..octet]);
            byte[] changed = [.. whole];
            changed[octet] ^= 0x55;
            ReadOrRefuse(changed);
        }
    }

    [Fact]
    public void File_WithAnotherMarkBehindABlock_IsRefused()
    {
        byte[] file = Written();
        file[^1] ^= 1;
        AvroContainerException refused = Assert.Throws<AvroContainerException>(() => Read(file));
        Assert.Equal(file.Length - 16, refused.Octet);
    }

    private static byte[] Written(int count = Records)
    {
        using MemoryStream file = new();
        AvroContainerWriter writer = new(file, SchemaJson);
        byte[] body = new byte[64];
        for (int number = 0; number < count; number++)
        {
            AvroWriter record = new(body);
            record.WriteLong(number);
            record.WriteString($"word {number}");
            writer.Add(body.AsSpan(0, record.Written));
        }

        writer.Flush();
        return file.ToArray();
    }

    private static void ReadOrRefuse(byte[] file)
    {
        try
        {
            Read(file);
        }
        catch (AvroContainerException)
        {
            // Refused with its octet, which is all that damage may cost.
        }
    }

    private static List<int> Read(byte[] file)
    {
        AvroContainerReader reader = new(new MemoryStream(file));
        AvroBlock block = new();
        List<int> numbers = [];
        SchemaResolver resolver = SchemaResolver.Create(SchemaJson, SchemaJson);
        ArrayBufferWriter<byte> resolved = new();
        while (reader.TryRead(block))
        {
            ReadOnlySpan<byte> rest = block.Body.WrittenSpan;
            for (int record = 0; record < block.Records; record++)
            {
                resolved.ResetWrittenCount();
                if (!resolver.TryResolveFirst(rest, resolved, out int length))
                {
                    break;
                }

                AvroReader fields = new(resolved.WrittenSpan);
                numbers.Add((int)fields.ReadLong());
                rest = rest[length..];
            }
        }

        return numbers;
    }
}
