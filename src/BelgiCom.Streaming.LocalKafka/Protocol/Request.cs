namespace BelgiCom.Streaming.LocalKafka;

/// <summary>
/// One request on its way through the broker: the header, the body still to be read, and the answer being written. Reused per connection.
/// </summary>
internal sealed class Request
{
    public ProtocolReader Reader { get; } = new();

    public ProtocolWriter Writer { get; } = new();

    /// <summary>The address of the peer, as DescribeGroups shows it.</summary>
    public string ClientHost { get; set; } = "";

    /// <summary>How often an answer that waits looks whether its client is still there: clients may ask to wait for days.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Whether the client has closed its connection, so that nobody waits for the answer.</summary>
    public Func<bool> ClientHasGone { get; set; } = () => false;

    public ApiKey Key { get; private set; }

    public short Version { get; private set; }

    public string ClientId { get; private set; } = "";

    /// <summary>False for Produce with acks=0, which has no answer.</summary>
    public bool HasResponse { get; set; }

    /// <summary>
    /// Reads the header and prepares the answer. Throws <see cref="MalformedRequestException"/> for a request that is not offered.
    /// </summary>
    public void Begin(ArraySegment<byte> frame)
    {
        Reader.Reset(frame);
        Key = (ApiKey)Reader.ReadInt16();
        Version = Reader.ReadInt16();
        int correlationId = Reader.ReadInt32();
        ClientId = Reader.ReadNullableString() ?? "";
        SupportedApi api = SupportedApi.Find(Key) ?? throw new MalformedRequestException($"API key {(short)Key} is not offered.");
        // A client that is newer than the broker begins with a version of ApiVersions that we do not know. It must get the list in version
        // 0 (KIP-511).
        if (!api.Supports(Version) && Key != ApiKey.ApiVersions)
        {
            throw new MalformedRequestException($"{Key} version {Version} is not offered.");
        }

        bool flexible = api.Supports(Version) && api.IsFlexible(Version);
        Reader.Flexible = flexible;
        if (flexible)
        {
            Reader.EndStruct();
        }

        BeginResponse(correlationId, flexible);
    }

    /// <summary>The whole answer, with its length in front.</summary>
    public ReadOnlySpan<byte> FinishResponse()
    {
        Writer.PatchInt32(0, Writer.Position - sizeof(int));
        return Writer.Written;
    }

    private void BeginResponse(int correlationId, bool flexible)
    {
        Writer.Reset();
        Writer.WriteInt32(0);
        Writer.WriteInt32(correlationId);
        Writer.Flexible = flexible;
        // A client asks for ApiVersions before it knows the versions, so the header of that answer never has tagged fields (KIP-511).
        if (Key != ApiKey.ApiVersions)
        {
            Writer.EndStruct();
        }

        HasResponse = true;
    }
}
