using System.Net;
using System.Text.RegularExpressions;
using Docker.DotNet;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using Xunit;

namespace BelgiCom.Streaming.Testing;

/// <summary>Containers of the images that docker-compose.yml names: what is tested is what is deployed.</summary>
internal static class ComposeImage
{
    private const string ComposeFile = "docker-compose.yml";

    /// <summary>The image with its tag, as the compose file has it: the default where a variable may name another.</summary>
    /// <param name="repository">Its name without the tag, for example apache/kafka.</param>
    public static string Of(string repository)
    {
        using StreamReader compose = new(typeof(ComposeImage).Assembly.GetManifestResourceStream(ComposeFile)!);
        MatchCollection images = Regex.Matches(
            compose.ReadToEnd(),
            $@"^ +image: (?:&\w+ )?(?:\$\{{\w+:-)?({Regex.Escape(repository)}:[^ }}\r\n]+)",
            RegexOptions.Multiline);
        return images.Count == 1
            ? images[0].Groups[1].Value
            : throw new InvalidOperationException($"{ComposeFile} names {images.Count} images '{repository}', expected one");
    }

    /// <summary>Starts a container; skips the test, saying why, where no engine answers or the image is not to be had.</summary>
    /// <param name="build">Builds it, which fails already where no engine answers.</param>
    /// <param name="alternative">What would do instead, for the reason of the skip.</param>
    public static async Task<T> StartAsync<T>(Func<T> build, string alternative = "")
        where T : IContainer
    {
        T? container = default(T);
        try
        {
            container = build();
            await container.StartAsync(TestContext.Current.CancellationToken);
            return container;
        }
        catch (DockerUnavailableException fault)
        {
            Assert.Skip($"no container engine answers ({FirstLine(fault)}){alternative}");
            throw;
        }
        // The engine answers so when the registry does not know the image, or is out of reach. That it refuses a container is another
        // fault.
        catch (DockerApiException fault) when (
            container?.CreatedTime == default(DateTime)
            && fault.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.InternalServerError)
        {
            Assert.Skip($"the image {container!.Image.FullName} is not here and cannot be pulled ({FirstLine(fault)}){alternative}");
            throw;
        }
    }

    private static string FirstLine(Exception fault) => fault.Message.Split('\n')[0];
}
