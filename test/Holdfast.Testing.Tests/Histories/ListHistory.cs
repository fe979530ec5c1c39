namespace Holdfast.Testing.Tests.Histories;

/// <summary>
/// Histories of transactions on lists, made step by step on one thread. Each reads some lists as they are when it is called, appends to
/// others, and is refused at its end if one that it appended to, or without snapshots one that it touched at all, has changed since.
/// </summary>
internal static class ListHistory
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    public static IReadOnlyList<Operation<ListTransaction>> Make(int seed, bool isSnapshot)
    {
        var random = new Random(seed);
        var history = new History<ListTransaction>();
        var lists = Names.ToDictionary(static name => name, static _ => new List<long>());
        var underway = new Dictionary<int, (HistoryCall<ListTransaction> Call, string[] Read, string[] Append, Dictionary<string, long[]> Seen)>();
        long number = 0;
        for (var step = 0; step < 400; step++)
        {
            var client = random.Next(6);
            if (!underway.Remove(client, out var now))
            {
                string[] read = [.. Names.Where(_ => random.Next(2) == 0)];
                string[] append = [.. Names.Where(_ => random.Next(3) == 0)];
                var call = history.Call(client, "", new([.. append.Select(name => ListStep.Append(name, ++number))]));
                underway[client] = (call, read, append, lists.ToDictionary(static list => list.Key, static list => list.Value.ToArray()));
                continue;
            }

            var guarded = isSnapshot ? now.Append : [.. now.Read, .. now.Append];
            if (!isSnapshot && now.Append.Length == 0)
            {
                guarded = [];
            }

            if (guarded.Any(name => lists[name].Count != now.Seen[name].Length))
            {
                now.Call.Fail();
                continue;
            }

            var appended = now.Call.Operation.What.Steps;
            foreach (var item in appended)
            {
                lists[item.List].Add(item.Appended!.Value);
            }

            if (random.Next(20) > 0)
            {
                now.Call.Return(new([.. now.Read.Select(name => ListStep.Saw(name, now.Seen[name])), .. appended]));
            }
        }

        return history.Operations;
    }
}
