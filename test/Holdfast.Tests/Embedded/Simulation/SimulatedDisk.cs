using System.Text;
using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Simulation;

/// <summary>
/// A disk of one folder in memory, with all that real ones do: what was not synchronised is lost with the power in any part and order of its sectors,
/// names included, calls fail, and the process ends in the middle of them. Every call is told in the trace.
/// </summary>
internal sealed class SimulatedDisk(Random random, StringBuilder trace, PlantedBug bug) : StoreDisk
{
    private const int InputOutputError = 5;
    private const int SkippedOneIn = 4;

    // Names that are on the disk, those that programs see, and what was done to them in between, in order.
    private readonly List<Action<Dictionary<string, SimulatedContent>>> pendingNames = [];
    private Dictionary<string, SimulatedContent> durableNames = [];
    private Dictionary<string, SimulatedContent> names = [];
    private Action? later;
    private DiskFaults faults = new();
    private int calls;
    private int syncs;

    public Random Random => random;

    public PlantedBug Bug => bug;

    /// <summary>Whether the process was ended: it must not go on.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>A disk that does not fail, with the files of a folder.</summary>
    public static SimulatedDisk With(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        var disk = new SimulatedDisk(new Random(0), new StringBuilder(), PlantedBug.None);
        foreach (var (name, bytes) in files)
        {
            var content = new SimulatedContent();
            content.Write(bytes, 0);
            disk.names[name] = content;
        }

        return disk;
    }

    /// <summary>Begins a life, with these faults.</summary>
    public void Begin(DiskFaults next) => (faults, calls, HasCrashed) = (next, 0, false);

    /// <summary>Ends a process: what programs see stays as it is, but for what was never done.</summary>
    public void Kill() => later = null;

    /// <summary>Loses power.</summary>
    public void LosePower()
    {
        later = null;
        names = new(durableNames);
        for (var done = random.Next(pendingNames.Count + 1); done > 0; done--)
        {
            pendingNames[0](names);
            pendingNames.RemoveAt(0);
        }

        pendingNames.Clear();
        durableNames = new(names);
        foreach (var content in names.OrderBy(static file => file.Key, StringComparer.Ordinal).Select(static file => file.Value).Distinct())
        {
            content.LosePower(random);
        }
    }

    public override void CreateFolder(string folder)
    {
    }

    public override IDisposable Lock(string folder) => new MemoryStream();

    public override IReadOnlyList<string> NamesIn(string folder) => [.. names.Keys.Order(StringComparer.Ordinal)];

    public override bool Exists(string path) => names.ContainsKey(NameOf(path));

    public override StoreFile Create(string path)
    {
        var name = NameOf(path);
        Call($"create {name}");
        if (names.TryGetValue(name, out var there))
        {
            there.SetLength(0);
            return new SimulatedFile(this, name, there);
        }

        var content = new SimulatedContent();
        Change(files => files[name] = content);
        return new SimulatedFile(this, name, content);
    }

    public override StoreFile Open(string path) => new SimulatedFile(this, NameOf(path), Content(path));

    public override StoreFile OpenToRead(string path) => new SimulatedFile(this, NameOf(path), Content(path));

    public override void Rename(string path, string newPath)
    {
        var (name, newName) = (NameOf(path), NameOf(newPath));
        Call($"rename {name} {newName}");
        Change(files =>
        {
            if (files.Remove(name, out var content))
            {
                files[newName] = content;
            }
        });
    }

    public override void Delete(string path)
    {
        var name = NameOf(path);
        Call($"delete {name}");
        Change(files => files.Remove(name));
    }

    public override void SyncFolder(string folder)
    {
        Call("sync-folder");
        if (bug != PlantedBug.SkippedFolderSync)
        {
            durableNames = new(names);
            pendingNames.Clear();
        }
    }

    /// <summary>Tells a call in the trace, and fails or ends the process if it is this one's turn.</summary>
    /// <param name="what">The call.</param>
    /// <param name="bytes">What it writes.</param>
    /// <param name="writePart">Writes a part of that.</param>
    /// <param name="failing">What becomes of the file when it fails.</param>
    public void Call(string what, ReadOnlySpan<byte> bytes = default, Action<byte[]>? writePart = null, Action? failing = null)
    {
        Settle();
        if (HasCrashed)
        {
            throw new SimulatedCrash();
        }

        calls++;
        trace.Append(calls).Append(' ').Append(what);
        if (bytes.Length > 0)
        {
            trace.Append(' ').Append(Frame.SumPayload(0, bytes).ToString("x8", System.Globalization.CultureInfo.InvariantCulture));
        }

        trace.Append('\n');
        if (calls == faults.CrashAt)
        {
            HasCrashed = true;
            writePart?.Invoke(bytes[..random.Next(bytes.Length + 1)].ToArray());
            throw new SimulatedCrash();
        }

        if (calls == faults.FailAt)
        {
            trace.Append("  fails\n");
            writePart?.Invoke(bytes[..random.Next(bytes.Length + 1)].ToArray());
            failing?.Invoke();
            throw new IOException("The simulated disk fails.", InputOutputError);
        }

        if (calls >= faults.FullFrom && calls < faults.FullUntil && (writePart is not null || what.StartsWith("create", StringComparison.Ordinal)))
        {
            trace.Append("  full\n");
            writePart?.Invoke(bytes[..random.Next(bytes.Length + 1)].ToArray());
            throw new IOException("The simulated disk is full.", NoSpace);
        }
    }

    /// <summary>Whether the planted bug leaves out this synchronising.</summary>
    public bool ForgetsSync(string name) =>
        bug == PlantedBug.SkippedSync && name.StartsWith("log", StringComparison.Ordinal) && ++syncs % SkippedOneIn == 0;

    /// <summary>Does it; with the planted bug, a write to a log only before the next call.</summary>
    public void DoNowOrLater(string name, Action write)
    {
        if (bug == PlantedBug.EarlyAcknowledgement && name.StartsWith("log", StringComparison.Ordinal))
        {
            later = write;
            return;
        }

        write();
    }

    /// <summary>Does what was put off.</summary>
    public void Settle()
    {
        later?.Invoke();
        later = null;
    }

    private static string NameOf(string path) => Path.GetFileName(path);

    private SimulatedContent Content(string path) =>
        names.TryGetValue(NameOf(path), out var content) ? content : throw new FileNotFoundException($"{path} is not there.");

    private void Change(Action<Dictionary<string, SimulatedContent>> change)
    {
        change(names);
        pendingNames.Add(change);
    }
}
