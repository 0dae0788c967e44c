using BelgiCom.Streaming.Contracts;

namespace BelgiCom.Streaming.Rating.Tests;

/// <summary>Makes a world in which the two differ as small as it can, and writes it.</summary>
internal static class SlowShrinker
{
    /// <summary>The smallest world found, with the difference.</summary>
    public static string Shrink(SlowWorld world)
    {
        string kind = KindOf(world.FirstDifference());
        bool isSmaller = true;
        while (isSmaller)
        {
            isSmaller = false;
            foreach (SlowWorld smaller in Smaller(world))
            {
                if (Fails(smaller, kind))
                {
                    (world, isSmaller) = (smaller, true);
                    break;
                }
            }
        }

        return $"{world.FirstDifference()}\n{SlowCase.Write(world)}";
    }

    /// <summary>What differs, without its numbers, so that a smaller world shows the same fault and no other.</summary>
    private static string KindOf(string? difference) =>
        difference is null ? "none" : string.Concat(difference.Where(letter => !char.IsDigit(letter) && letter != '-'));

    private static bool Fails(SlowWorld world, string kind)
    {
        try
        {
            return KindOf(world.FirstDifference()) == kind;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static IEnumerable<SlowWorld> Smaller(SlowWorld world)
    {
        for (int index = 0; index < world.Usage.Count; index++)
        {
            yield return world with { Usage = Without(world.Usage, index) };
        }

        for (int index = 0; index < world.TopUps.Count; index++)
        {
            yield return world with { TopUps = Without(world.TopUps, index) };
        }

        for (int index = 0; index < world.Versions.Count && world.Versions.Count > 1; index++)
        {
            yield return world with { Versions = Without(world.Versions, index) };
        }

        for (int index = 0; index < world.Versions[0].Prices.Count; index++)
        {
            yield return Each(version => version with { Prices = Without(version.Prices, index) });
            foreach (Func<OfferingPrice, OfferingPrice> plain in Plain())
            {
                if (world.Versions.Any(version => plain(version.Prices[index]) != version.Prices[index]))
                {
                    yield return Each(version => version with
                    {
                        Prices = [.. version.Prices.Select((price, place) => place == index ? plain(price) : price)],
                    });
                }
            }
        }

        for (int index = 0; index < world.Versions[0].Bundles.Count; index++)
        {
            yield return Each(version => version with { Bundles = Without(version.Bundles, index) });
        }

        for (int index = 0; index < world.Versions[0].Bands.Count; index++)
        {
            yield return Each(version => version with { Bands = Without(version.Bands, index) });
        }

        for (int index = 0; index < world.Versions[0].Destinations.Count; index++)
        {
            yield return Each(version => version with { Destinations = Without(version.Destinations, index) });
        }

        for (int index = 0; index < world.Versions[0].Holidays.Count; index++)
        {
            yield return Each(version => version with { Holidays = Without(version.Holidays, index) });
        }

        foreach (string subscriber in world.Accounts.Keys.Where(one => world.Usage.All(usage => usage.Subscriber != one)))
        {
            yield return world with
            {
                Accounts = world.Accounts.Where(one => one.Key != subscriber).ToDictionary(one => one.Key, one => one.Value),
            };
        }

        SlowWorld Each(Func<OfferingVersion, OfferingVersion> change) => world with { Versions = [.. world.Versions.Select(change)] };
    }

    private static IEnumerable<Func<OfferingPrice, OfferingPrice>> Plain()
    {
        yield return price => price.ConnectFee == 0 ? price : price with { ConnectFee = 0 };
        yield return price => price.Minimum == 0 ? price : price with { Minimum = 0 };
        yield return price => price.MinimumCharge is null ? price : price with { MinimumCharge = null };
        yield return price => price.MaximumCharge is null ? price : price with { MaximumCharge = null };
        yield return price => price.Steps.Count == 0 ? price : price with { Steps = [] };
        yield return price => price.Bands.Count == 0 ? price : price with { Bands = [] };
        yield return price => price.Destinations.Count == 0 ? price : price with { Destinations = [] };
        yield return price => price.Increment == 1 ? price : price with { Increment = 1 };
    }

    private static IReadOnlyList<T> Without<T>(IReadOnlyList<T> list, int index) => [.. list.Where((_, place) => place != index)];
}
