namespace BelgiCom.Streaming.Catalogue;

/// <summary>Lines of a text of which somebody else says how long they are: a file without line ends would fill the memory.</summary>
public static class LimitedLines
{
    /// <summary>What the framework reads for octets that are no UTF-8: two names that differ in them would become one.</summary>
    public const char Unreadable = '\uFFFD';

    /// <summary>What to say of a line that has <see cref="Unreadable"/>.</summary>
    public const string WhyUnreadable = "The line has octets that are no UTF-8 text. Save the file as UTF-8.";

    /// <summary>
    /// Reads a text line by line, whatever ends a line (CR, LF, CRLF). Of a line that is too long the first <paramref name="limit"/> + 1
    /// characters come, so its length says so; the rest of it is passed over.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">Most characters of a line, 1 or more.</param>
    /// <exception cref="IOException">The text cannot be read.</exception>
    public static IEnumerable<string> Read(TextReader text, int limit)
    {
        char[] line = new char[limit + 1];
        int length = 0;
        bool isOpen = false;
        for (int next; (next = text.Read()) >= 0;)
        {
            if (next is '\r' or '\n')
            {
                if (next == '\r' && text.Peek() == '\n')
                {
                    text.Read();
                }

                yield return new string(line, 0, length);
                (length, isOpen) = (0, false);
                continue;
            }

            isOpen = true;
            if (length < line.Length)
            {
                line[length++] = (char)next;
            }
        }

        if (isOpen)
        {
            yield return new string(line, 0, length);
        }
    }
}
