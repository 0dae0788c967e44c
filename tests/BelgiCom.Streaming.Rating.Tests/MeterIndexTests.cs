using CsCheck;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>The index of meters finds what a dictionary finds, whatever was put in and taken out before.</summary>
public sealed class MeterIndexTests
{
    /// <summary>
    /// Few owners with hundreds of meters and many owners with few, so that groups of slots are full and slots of removed meters stand in
    /// the way of others.
    /// </summary>
    [Fact]
    public void Index_OfAnyMeters_FindsWhatADictionaryFinds() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 30], Gen.Bool).Array[0, 2_000].Sample(steps =>
        {
            ChunkedArray<MeterRoom> meters = new();
            MeterIndex index = new(meters);
            Dictionary<MeterKey, int> model = [];
            int rooms = 0;
            foreach ((int owner, int what, bool adds) in steps)
            {
                // A third of all meters are of one owner.
                MeterKey key = new((UInt128)(owner < 14 ? 0 : owner) << 60, (ulong)what, what % 3);
                if (model.Remove(key, out int number))
                {
                    index.Remove(in key);
                }
                else if (adds || model.Count < 100)
                {
                    number = rooms++;
                    meters.GetOrCreate(number) = new MeterRoom { Key = key };
                    index.Add(in key, number);
                    model.Add(key, number);
                }

                Assert.Equal(model.Count, index.Count);
            }

            for (int place = 0; place < 41 * 31; place++)
            {
                MeterKey key = new((UInt128)(place / 31) << 60, (ulong)(place % 31), place % 31 % 3);
                Assert.Equal(model.GetValueOrDefault(key, MeterIndex.None), index.Find(in key));
            }
        }, iter: 500);

    /// <summary>
    /// Sessions of one owner, a thousand times as many as a group holds, come and go: each is found, and the room does not grow.
    /// </summary>
    [Fact]
    public void Index_OfOneOwnersSessions_KeepsItsSizeWhileTheyComeAndGo()
    {
        const int Kept = 8_000;
        ChunkedArray<MeterRoom> meters = new();
        MeterIndex index = new(meters);
        long octets = 0;
        for (int number = 0; number < Kept * 20; number++)
        {
            MeterKey key = new(7, (ulong)number * 0x9E37_79B9_7F4A_7C15, 4);
            if (number >= Kept)
            {
                MeterKey former = meters[number % Kept].Key;
                Assert.Equal(number % Kept, index.Find(in former));
                index.Remove(in former);
                Assert.Equal(MeterIndex.None, index.Find(in former));
            }

            meters.GetOrCreate(number % Kept) = new MeterRoom { Key = key };
            index.Add(in key, number % Kept);
            octets = number == Kept * 10 ? index.AllocatedOctets : octets;
        }

        Assert.Equal(octets, index.AllocatedOctets);
        Assert.InRange(octets / (double)Kept, 8, 35);
    }
}
