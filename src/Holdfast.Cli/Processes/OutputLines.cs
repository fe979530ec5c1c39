using System.Text;

namespace Holdfast.Cli.Processes;

/// <summary>Cuts a process's output into lines.</summary>
internal static class OutputLines
{
    /// <summary>Longest line, in bytes; a longer one is told in pieces.</summary>
    public const int MaxLineBytes = 16 * 1024;

    public static IEnumerable<string> Read(Stream stream)
    {
        var buffer = new byte[MaxLineBytes];
        var kept = 0;
        while (true)
        {
            var read = ReadSome(stream, buffer.AsSpan(kept));
            var end = kept + read;
            var start = 0;
            while (buffer.AsSpan(start, end - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                yield return Text(buffer.AsSpan(start, length));
                start += length + 1;
            }

            kept = end - start;
            if (kept > 0 && (read == 0 || kept == buffer.Length))
            {
                yield return Text(buffer.AsSpan(start, kept));
                kept = 0;
            }

            if (read == 0)
            {
                yield break;
            }

            buffer.AsSpan(start, kept).CopyTo(buffer);
        }
    }

    private static int ReadSome(Stream stream, Span<byte> buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line.TrimEnd((byte)'\r'));
}
