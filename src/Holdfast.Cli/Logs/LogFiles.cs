using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Holdfast.Cli.Topologies;

namespace Holdfast.Cli.Logs;

/// <summary>
/// A log file for each process, where its lines stand with their time. Never makes its callers wait: lines queue for the
/// disk, and while it takes nothing, the newest are left out and counted.
/// </summary>
internal sealed class LogFiles : IAsyncDisposable
{
    /// <summary>Most lines that wait to be written.</summary>
    public const int MaxQueuedLines = 10_000;

    private readonly Channel<(string Name, string Line)> lines = Channel.CreateBounded<(string, string)>(
        new BoundedChannelOptions(MaxQueuedLines) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Dictionary<string, RotatedFile> files = [];
    private readonly string folder;
    private readonly LogRotation rotation;
    private readonly TimeProvider clock;
    private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isFailing;
    private int leftOut;

    public LogFiles(string folder, LogRotation rotation, TimeProvider clock)
    {
        (this.folder, this.rotation, this.clock) = (folder, rotation, clock);
        new Thread(Write) { IsBackground = true, Name = "log files" }.Start();
    }

    /// <summary>Told when lines can't be written, and when they can again.</summary>
    public Action<string> Report { get; set; } = static _ => { };

    /// <summary>Lines that could not be written, and were not told yet.</summary>
    public int Missing => Volatile.Read(ref leftOut);

    public void Add(string name, string text)
    {
        var time = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        if (!lines.Writer.TryWrite((name, $"{time} {text}\n")))
        {
            Interlocked.Increment(ref leftOut);
        }
    }

    /// <summary>Writes what is queued, for at most 2 s.</summary>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await Task.WhenAny(written.Task, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System));
    }

    /// <summary>On a thread of its own: a disk may be slow.</summary>
    private void Write()
    {
        while (lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (lines.Reader.TryRead(out var next))
            {
                Try(() => Append(next.Name, next.Line), lost: 1);
            }

            foreach (var file in files.Values)
            {
                Try(file.Flush, lost: 0);
            }
        }

        foreach (var file in files.Values)
        {
            file.Dispose();
        }

        written.TrySetResult();
    }

    private void Append(string name, string line)
    {
        if (!files.TryGetValue(name, out var file))
        {
            Directory.CreateDirectory(folder);
            files[name] = file = new RotatedFile(Path.Combine(folder, $"{name.Replace(' ', '-')}.log"), rotation);
        }

        file.Append(Encoding.UTF8.GetBytes(line));
        if (isFailing || Missing > 0)
        {
            isFailing = false;
            Report($"log files are written again; {Interlocked.Exchange(ref leftOut, 0)} lines are missing in them");
        }
    }

    private void Try(Action write, int lost)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref leftOut, lost);
            if (!isFailing)
            {
                isFailing = true;
                Report($"log files can't be written, and lines will be missing in them until there is room in {folder}: {error.Message}");
            }
        }
    }
}
