namespace BelgiCom.Streaming.Tool;

/// <summary>The output of a verb at its end: the one object of <c>--json</c> for a program, or lines for a person.</summary>
internal static class Answer
{
    public static void Print(bool json, object value, params IEnumerable<string> lines)
    {
        if (json)
        {
            JsonOutput.Write(value);
            return;
        }

        foreach (string line in lines)
        {
            Console.Out.WriteLine(line);
        }
    }
}
