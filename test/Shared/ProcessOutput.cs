using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>What a process prints, standard output and standard error together, line by line. Of very much, the newest lines.</summary>
internal sealed class ProcessOutput
{
    private const int MaxLines = 20_000;

    private readonly Queue<string> lines = new();
    private readonly Task ended;
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int dropped;

    /// <summary>Begins to read. The process has both streams redirected.</summary>
    public ProcessOutput(Process process) => ended = Task.WhenAll(Read(process.StandardOutput), Read(process.StandardError));

    /// <summary>Ends once the process has closed its output.</summary>
    public Task Ended => ended;

    /// <summary>What it has printed so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>What it has printed so far, as one text.</summary>
    public string Text => string.Join('\n', Lines);

    /// <summary>Returns the first line that holds the text, of those after the given number of lines, once it is printed.</summary>
    public async Task<string> SeeAsync(string text, TimeSpan patience, int after = 0)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var news = more.Task;
            if (Find(text, after) is { } line)
            {
                return line;
            }

            var left = patience - TimeProvider.System.GetElapsedTime(started);
            var hasEnded = ended.IsCompleted && !news.IsCompleted;
            if (hasEnded || left < TimeSpan.Zero || await Task.WhenAny(news, ended, Task.Delay(left)) is { IsCompletedSuccessfully: false })
            {
                throw new TimeoutException($"'{text}' was not printed{(hasEnded ? " before the end" : "")}. What was:\n{Text}");
            }
        }
    }

    private string? Find(string text, int after)
    {
        lock (lines)
        {
            return lines.Skip(after - dropped).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    /// <summary>On a thread of its own: .NET reads a process's pipe by blocking one.</summary>
    private Task Read(StreamReader reader)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            while (reader.ReadLine() is { } line)
            {
                Add(line);
            }

            done.TrySetResult();
        })
        { IsBackground = true }.Start();
        return done.Task;
    }

    private void Add(string line)
    {
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > MaxLines)
            {
                lines.Dequeue();
                dropped++;
            }

            more.TrySetResult();
            more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
