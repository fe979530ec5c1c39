using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>
/// Threads that each do one thing about every millisecond, and how long the longest took; beside them, for each processor, one that only waits for a millisecond: by what that takes longer,
/// the machine is late.
/// </summary>
internal sealed class PauseWatch : IDisposable
{
    private readonly ManualResetEventSlim stop = new();
    private readonly List<Thread> threads = [];
    private readonly Dictionary<string, List<double>> waits = [];
    private readonly List<double> late = [];

    /// <summary>How late the machine was at most, in milliseconds.</summary>
    public double Lateness => Longest(late);

    /// <summary>How long things of this name took, in milliseconds, longest last.</summary>
    public List<double> this[string name]
    {
        get
        {
            waits[name].Sort();
            return waits[name];
        }
    }

    /// <summary>Has a thread do this over and over.</summary>
    public void Add(string name, Action operation)
    {
        if (!waits.TryGetValue(name, out var all))
        {
            waits[name] = all = [];
        }

        threads.Add(new Thread(() => Run(all, operation)));
    }

    /// <summary>Has all of them at work while something else is done.</summary>
    public void During(Action action)
    {
        for (var processor = 0; processor < Environment.ProcessorCount; processor++)
        {
            threads.Add(new Thread(Watch));
        }

        threads.ForEach(static thread => thread.Start());
        try
        {
            action();
        }
        finally
        {
            stop.Set();
            threads.ForEach(static thread => thread.Join());
        }
    }

    public void Dispose() => stop.Dispose();

    /// <summary>The longest wait of all, in milliseconds.</summary>
    public double Longest() => waits.Values.Max(Longest);

    private static double Longest(List<double> all) => all.Count == 0 ? 0 : all.Max();

    private void Run(List<double> all, Action operation)
    {
        while (!stop.Wait(1))
        {
            var begun = Stopwatch.GetTimestamp();
            operation();
            Note(all, Stopwatch.GetElapsedTime(begun));
        }
    }

    private void Watch()
    {
        for (var begun = Stopwatch.GetTimestamp(); !stop.Wait(1); begun = Stopwatch.GetTimestamp())
        {
            Note(late, Stopwatch.GetElapsedTime(begun) - TimeSpan.FromMilliseconds(1));
        }
    }

    private static void Note(List<double> all, TimeSpan wait)
    {
        lock (all)
        {
            all.Add(wait.TotalMilliseconds);
        }
    }
}
