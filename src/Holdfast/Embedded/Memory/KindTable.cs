namespace Holdfast.Embedded;

/// <summary>Numbers the kinds of records, so that memory can be told by kind. Safe for concurrent use.</summary>
internal sealed class KindTable
{
    /// <summary>The name under which kinds are told that came when there were too many to number.</summary>
    public const string OthersName = "(others)";

    /// <summary>The most kinds that are told apart: clients name kinds, and something is kept for each in every partition.</summary>
    public const int MaxKinds = 256;

    private readonly Lock gate = new();
    private readonly int evictable;
    private Dictionary<string, ushort>.AlternateLookup<ReadOnlySpan<char>> numbers;
    private List<string> names = [OthersName];

    /// <summary>Numbers the evictable kinds first.</summary>
    public KindTable(IEnumerable<string> evictableKinds)
    {
        numbers = Lookup([]);
        foreach (var kind in evictableKinds)
        {
            NumberOf(kind);
        }

        evictable = names.Count - 1;
    }

    /// <summary>Whether records of the kind are removed when the store is over its memory limit.</summary>
    public bool IsEvictable(ushort number) => number > 0 && number <= evictable;

    /// <summary>Whether any kind is.</summary>
    public bool HasEvictable => evictable > 0;

    /// <summary>The names, by their numbers.</summary>
    public IReadOnlyList<string> Names => Volatile.Read(ref names);

    public ushort NumberOf(ReadOnlySpan<char> kind) => numbers.TryGetValue(kind, out var number) ? number : Add(kind.ToString());

    private ushort Add(string kind)
    {
        lock (gate)
        {
            if (numbers.TryGetValue(kind, out var known))
            {
                return known;
            }

            if (names.Count == MaxKinds)
            {
                return 0;
            }

            var number = (ushort)names.Count;
            names = [.. names, kind];
            numbers = Lookup(new Dictionary<string, ushort>(numbers.Dictionary, StringComparer.Ordinal) { [kind] = number });
            return number;
        }
    }

    private static Dictionary<string, ushort>.AlternateLookup<ReadOnlySpan<char>> Lookup(Dictionary<string, ushort> all) =>
        new Dictionary<string, ushort>(all, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}
