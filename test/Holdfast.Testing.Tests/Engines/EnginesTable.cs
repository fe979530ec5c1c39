using System.Reflection;
using System.Text.RegularExpressions;
using Holdfast.TestServers;

namespace Holdfast.Testing.Tests.Engines;

/// <summary>
/// The table of docs/engines.md: for each engine and experiment what these tests hold it to. That follows from what the engine says of itself,
/// which its tests hold it to as well, and from whether there is a test of that experiment on its store.
/// </summary>
internal static class EnginesTable
{
    private const string Accept = "HOLDFAST_ACCEPT_ENGINES";
    private const string Begin = "<!-- engines: begin -->";
    private const string End = "<!-- engines: end -->";
    private const string NotHere = "–";

    private static readonly string[] Columns = ["embedded", "node", "Redis", "sentinels", "cluster"];
    private static readonly (Type Parted, Type Store)[] Parted =
    [
        (typeof(PartedRedisStore), typeof(RedisStore)), (typeof(PartedSentinelStore), typeof(SentinelStore)), (typeof(PartedClusterStore), typeof(ClusterStore)),
    ];

    private static readonly Lock Gate = new();

    /// <summary>The other test projects' sources: their tests say by a trait of which engine they are.</summary>
    private static readonly Lazy<string> OtherTests = new(static () => string.Concat(
        from project in Directory.GetDirectories(Path.Combine(Repository.Root, "test"), "*.Tests")
        where Path.GetFileName(project) != typeof(EnginesTable).Assembly.GetName().Name
        from folder in Directory.GetDirectories(project).Where(static folder => Path.GetFileName(folder) is not ("bin" or "obj")).Prepend(project)
        from file in Directory.GetFiles(folder, "*.cs", folder == project ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories)
        select File.ReadAllText(file)));

    private static readonly (string Experiment, string Guarantee, Func<EngineCapabilities, string> Cell)[] Rows =
    [
        ("", "acknowledged commits survive `kill -9`", static engine => engine.Durability >= Durability.Written ? "yes" : "no: the loss is told"),
        ("", "acknowledged commits survive a power loss", static engine => engine.Durability >= Durability.Synced ? "yes" : "no: the loss is told"),
        ("R10", "registers with compare-and-set are linearizable", Kept),
        ("R11", "transactions in a partition are strictly serializable", Kept),
        ("R12", "every acknowledged member of a set is read", Kept),
        ("sessions", "who carries stamps is shown its own past", Kept),
        ("R13", "clients with cookies read their writes and see nothing go back, whichever instance answers", Kept),
        ("R14", "an idempotency key has one effect and one response", OneEffect),
        ("R15", "a holder stopped past its lease is fenced off", static _ => "yes"),
        ("R18", "callers fail in time while the store is stopped, and are served after it", static _ => "yes"),
        ("R19", "who has signed in is told 503 and nothing else while the store is away, and all is well once it is back", static _ => "yes"),
        ("R20", "all that while the network is parted, one way or both", Kept),
        ("minority", "a primary that is cut off with few others soon stops acknowledging, and what it did is told", Stopped),
        ("R21", "expiry and leases don't follow the wall clock", static engine => engine.HasMonotonicExpiry ? "yes" : "no: reported as lacking"),
    ];

    /// <summary>Fails if the column is not what the engine is shown to keep; or writes it, if that is wanted.</summary>
    public static void Check(string column, Type store, EngineCapabilities engine)
    {
        string[] cells = [.. Rows.Select(row => row.Cell(engine) is var cell && (IsShown(row.Experiment, column, store) || cell.StartsWith("no", StringComparison.Ordinal)) ? cell : NotHere)];
        var file = Path.Combine(Repository.Root, "docs", "engines.md");
        lock (Gate)
        {
            var text = File.ReadAllText(file);
            var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
            Assert.True(from >= 0 && to > from, $"{file} has no place for the table, between '{Begin}' and '{End}'.");
            var now = text[(from + Begin.Length)..to];
            var wanted = Write(now, Array.IndexOf(Columns, column), cells);
            if (Environment.GetEnvironmentVariable(Accept) == "1")
            {
                File.WriteAllText(file, text[..(from + Begin.Length)] + wanted + text[to..]);
                return;
            }

            Assert.True(
                now == wanted,
                $"The column '{column}' of docs/engines.md is out of date. Run {Accept}=1 eng/test Holdfast.Testing.Tests -class '*Histories' -method '*table*', and commit the page. It should be:{wanted}");
        }
    }

    private static string Kept(EngineCapabilities engine) => engine.Durability > Durability.Memory ? "yes" : "yes, or the loss is told";

    private static string OneEffect(EngineCapabilities engine) => Kept(engine) + (engine.Name.EndsWith(" cluster", StringComparison.Ordinal) ? "; [elsewhere](idempotency.md) perhaps two" : "");

    private static string Stopped(EngineCapabilities engine) => engine.Name.EndsWith(" cluster", StringComparison.Ordinal) ? "yes" : "yes, with `min-replicas-to-write 1`";

    /// <summary>The table with this column, and the others as they stand there.</summary>
    private static string Write(string now, int column, string[] cells)
    {
        string[][] before = [.. now.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(static line => line.Split('|', StringSplitOptions.TrimEntries)[2..^1])];
        var lines = Rows.Select((row, i) =>
        {
            string[] others = i < before.Length && before[i].Length == Columns.Length + 1 ? before[i][1..] : [.. Columns.Select(static _ => NotHere)];
            others[column] = cells[i];
            return $"| {row.Experiment} | {row.Guarantee} | {string.Join(" | ", others)} |";
        });
        return $"\n| | | {string.Join(" | ", Columns)} |\n|---|---|{string.Concat(Columns.Select(static _ => "---|"))}\n{string.Join('\n', lines)}\n";
    }

    /// <summary>Whether a test of the experiment is run on the store, or says that it is of this engine. What has no number the kit's other themes show.</summary>
    private static bool IsShown(string experiment, string column, Type store) => experiment.Length == 0 || typeof(EnginesTable).Assembly.GetTypes().Any(type =>
    {
        var isOnStore = !type.IsAbstract && type.GetConstructors().SelectMany(static constructor => constructor.GetParameters()).Any(parameter => Serves(parameter.ParameterType, store));
        return type.GetMethods().Select(method => method.GetCustomAttributes<TraitAttribute>().Concat(type.GetCustomAttributes<TraitAttribute>()).ToList())
            .Any(traits => Has(traits, "Experiment", experiment) && (isOnStore || Has(traits, "Engine", column)));
    }) || Regex.IsMatch(OtherTests.Value, $@"\[Trait\(""Experiment"", ""{experiment}""\)\]\s+\[Trait\(""Engine"", ""{column}""\)\]");

    private static bool Has(List<TraitAttribute> traits, string name, string value) => traits.Exists(trait => trait.Name == name && trait.Value == value);

    // A store that is only parted is the same engine's.
    private static bool Serves(Type tested, Type store) => tested == store || Parted.Contains((tested, store));
}
