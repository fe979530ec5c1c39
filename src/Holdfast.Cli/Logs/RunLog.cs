using System.Text;
using System.Threading.Channels;

namespace Holdfast.Cli.Logs;

/// <summary>
/// What <c>up</c> prints: a line for each event, and each process's output, both prefixed with a name. Never makes its
/// callers wait: while standard output takes nothing, lines queue, and then the newest are left out and counted. The same
/// lines go to log files, if there are any.
/// </summary>
internal sealed class RunLog : IAsyncDisposable
{
    /// <summary>Most lines that wait to be printed.</summary>
    public const int MaxQueuedLines = 10_000;

    private const string OwnName = "holdfast";
    private const int OwnColour = 1;
    private static readonly int[] Colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

    private readonly Channel<string> lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxQueuedLines) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Dictionary<string, int> colours = [];
    private readonly Stream target;
    private readonly bool coloured;
    private readonly LogFiles? files;
    private readonly Footer footer = new(static () => Console.WindowWidth);
    private readonly Thread writer;
    private volatile IReadOnlyList<string> footerLines = [];
    private int width = OwnName.Length;
    private int leftOut;

    public RunLog(Stream target, bool coloured, LogFiles? files = null)
    {
        (this.target, this.coloured, this.files) = (target, coloured, files);
        if (files is not null)
        {
            files.Report = text => Print(OwnName, OwnColour, text);
        }

        // A thread of its own: a terminal that is stopped (Ctrl-S) blocks whoever writes to it.
        writer = new Thread(Write) { IsBackground = true, Name = "log" };
        writer.Start();
    }

    /// <summary>Whether names are in colour.</summary>
    public bool IsColoured => coloured;

    /// <summary>Standard output, in colour on a terminal unless NO_COLOR (no-color.org) is set.</summary>
    public static RunLog ToStandardOutput(LogFiles files) =>
        new(Console.OpenStandardOutput(), !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")), files);

    /// <summary>Makes room for a name, so that lines stand under each other.</summary>
    public void Expect(string name) => width = Math.Max(width, Math.Min(name.Length, 24));

    /// <summary>Shows lines below all others from now on. For a terminal.</summary>
    public void ShowBelow(IReadOnlyList<string> below)
    {
        footerLines = below;

        // Wakes the writer. When there is no room for it, there is enough to write.
        lines.Writer.TryWrite("");
    }

    public void Event(string text) => Add(OwnName, OwnColour, text);

    public void Output(string name, string line)
    {
        int colour;
        lock (colours)
        {
            if (!colours.TryGetValue(name, out colour))
            {
                colour = colours[name] = Colours[colours.Count % Colours.Length];
            }
        }

        Add(name, colour, line);
    }

    /// <summary>Prints what is queued, for at most 2 s.</summary>
    public async ValueTask DisposeAsync()
    {
        if (files is not null)
        {
            await files.DisposeAsync();
        }

        lines.Writer.TryComplete();
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            writer.Join();
            written.TrySetResult();
        })
        { IsBackground = true }.Start();
        await Task.WhenAny(written.Task, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System));
    }

    private void Add(string name, int colour, string text)
    {
        files?.Add(name, text);
        Print(name, colour, text);
    }

    private void Print(string name, int colour, string text)
    {
        var prefix = $"{name.PadRight(width)} |";
        var line = coloured ? $"\e[{colour}m{prefix}\e[0m {text}\n" : $"{prefix} {text}\n";
        if (!lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref leftOut);
        }
    }

    private void Write()
    {
        try
        {
            while (lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                target.Write(Encoding.UTF8.GetBytes(footer.Erase()));
                while (lines.Reader.TryRead(out var line))
                {
                    target.Write(Encoding.UTF8.GetBytes(line));
                }

                if (Interlocked.Exchange(ref leftOut, 0) is var count and > 0)
                {
                    target.Write(Encoding.UTF8.GetBytes($"{OwnName} | {count} lines were left out: standard output took them too slowly\n"));
                }

                target.Write(Encoding.UTF8.GetBytes(footer.Draw(footerLines)));
                target.Flush();
            }

            target.Write(Encoding.UTF8.GetBytes(footer.Erase()));
            target.Flush();
        }
        catch (IOException)
        {
            // Nobody reads any more: the topology runs on, in silence.
            lines.Writer.TryComplete();
        }
    }
}
