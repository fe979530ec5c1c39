using System.Globalization;

namespace Holdfast.Cli.Supervision;

/// <summary>Processes of one kind, <c>name-1</c>, <c>name-2</c>, …, of which there are more or fewer while the topology runs.</summary>
internal sealed class Replicas<TProcess>(string name, Func<string, int, TProcess> create)
    where TProcess : SupervisedProcess
{
    private readonly Lock gate = new();
    private readonly SortedList<int, TProcess> processes = [];
    private bool isClosed;

    /// <summary>The processes in the order of their numbers.</summary>
    public IReadOnlyList<TProcess> All
    {
        get
        {
            lock (gate)
            {
                return [.. processes.Values];
            }
        }
    }

    /// <summary>The processes that are not about to end, in the order of their numbers.</summary>
    public IReadOnlyList<TProcess> Staying => [.. All.Where(IsStaying)];

    /// <summary>Starts processes under the lowest free numbers until so many are there to stay, and answers the started ones.</summary>
    public IReadOnlyList<TProcess> Grow(int count)
    {
        var added = new List<TProcess>();
        lock (gate)
        {
            while (!isClosed && processes.Values.Count(IsStaying) < count)
            {
                added.Add(AddOne());
            }
        }

        return added;
    }

    /// <summary>Starts one more, under the lowest free number; null when there are to be no more.</summary>
    public TProcess? Add()
    {
        lock (gate)
        {
            return isClosed ? null : AddOne();
        }
    }

    /// <summary>Keeps the processes from becoming more, and answers what is to be stopped.</summary>
    public IReadOnlyList<TProcess> Close()
    {
        lock (gate)
        {
            isClosed = true;
            return [.. processes.Values];
        }
    }

    /// <summary>The processes that go when there are to be so many: those of the highest numbers.</summary>
    public IReadOnlyList<TProcess> Surplus(int count) => [.. Staying.Skip(count)];

    /// <summary>Stops processes, all at once, and returns when they are gone.</summary>
    public async Task StopAsync(IReadOnlyCollection<TProcess> leaving)
    {
        await Task.WhenAll(leaving.Select(static process => process.StopAsync()));
        lock (gate)
        {
            foreach (var process in leaving)
            {
                if (processes.IndexOfValue(process) is var index and >= 0)
                {
                    processes.RemoveAt(index);
                }
            }
        }
    }

    private static bool IsStaying(TProcess process) => process.State != InstanceState.Draining;

    private TProcess AddOne()
    {
        var number = 1;
        while (processes.ContainsKey(number))
        {
            number++;
        }

        var process = create($"{name}-{number.ToString(CultureInfo.InvariantCulture)}", number);
        processes.Add(number, process);
        process.Start();
        return process;
    }
}
