using System.Text;
using BelgiCom.Streaming.Avro;
using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating;

/// <summary>
/// What members of accounts chose for limits, as usage brings it: read again only when it changed. Few members choose anything. Used by one
/// thread.
/// </summary>
internal sealed class MemberChoices
{
    // More are forgotten all at once; usage brings them again.
    private const int Most = 100_000;

    private readonly Dictionary<UInt128, (byte[] Octets, SpendChoices? Choices)> _known = [];

    /// <summary>The choices of a member; null for none.</summary>
    /// <param name="subscriber">The member.</param>
    /// <param name="octets">Its choices as Avro writes them.</param>
    public SpendChoices? Of(UInt128 subscriber, ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
        {
            return null;
        }

        if (_known.TryGetValue(subscriber, out (byte[] Octets, SpendChoices? Choices) known) && octets.SequenceEqual(known.Octets))
        {
            return known.Choices;
        }

        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        SpendChoices? choices = Read(octets);
        _known[subscriber] = (octets.ToArray(), choices);
        return choices;
    }

    /// <summary>Writes choices as Avro does; none for no choices.</summary>
    public static byte[] Write(IReadOnlyList<LimitChoice> choices)
    {
        if (choices.Count == 0)
        {
            return [];
        }

        byte[][] limits = [.. choices.Select(choice => Encoding.UTF8.GetBytes(choice.Limit))];
        byte[] octets = new byte[
            AvroLimits.MaxArrayFrame + limits.Sum(limit => new MemberChoiceView { Limit = limit }.MaxSize)];
        AvroItemsWriter<MemberChoiceView> writer = new(octets, choices.Count);
        foreach ((int index, LimitChoice choice) in choices.Index())
        {
            writer.Add(new MemberChoiceView
            {
                Limit = limits[index],
                FromMilliseconds = choice.From.ToUnixTimeMilliseconds(),
                InForce = choice.InForce,
                AmountNanos = choice.Amount is { } amount ? Nanos.FromDecimal(amount) : -1,
            });
        }

        return octets[..writer.Finish()];
    }

    private static SpendChoices? Read(ReadOnlySpan<byte> octets)
    {
        List<LimitChoice> choices = [];
        foreach (MemberChoiceView choice in new AvroItems<MemberChoiceView>(octets))
        {
            choices.Add(new LimitChoice
            {
                Limit = Encoding.UTF8.GetString(choice.Limit),
                From = DateTimeOffset.FromUnixTimeMilliseconds(choice.FromMilliseconds),
                InForce = choice.InForce,
                Amount = choice.AmountNanos < 0 ? null : Nanos.ToDecimal(choice.AmountNanos),
            });
        }

        return SpendChoices.Of(choices);
    }
}
