using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace Holdfast.Testing;

/// <summary>
/// Consistency under faults: what clients see while the store suffers each of <see cref="EngineFixture.Faults"/> is judged by the
/// checkers of histories. An engine that reports <see cref="Durability.Memory"/> may lose what it acknowledged, and then its
/// stamps must tell: whoever is told of no loss must have seen none.
/// </summary>
public abstract class HistoryConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private const int Keys = 6;
    private const int MembersOfASet = 500;

    private long numbers;

    /// <summary>How many histories each test makes, of the seeds from 1. One, unless told.</summary>
    protected virtual int Seeds => 1;

    /// <summary>R10.</summary>
    [Fact]
    [Trait("Experiment", "R10")]
    public Task Registers_with_compare_and_set_are_linearizable_under_faults() => ForEachSeedAsync(async seed =>
    {
        var (history, shown) = (new History<RegisterOperation>(), new ShownStamps());
        var known = new ConcurrentDictionary<string, long?>();
        var story = await FaultyRun.RunAsync(Fixture, Engine, seed, (engine, client, dice) =>
        {
            var key = Key(seed, dice.Next(Keys));
            var asked = dice.Next(3) switch
            {
                0 => new RegisterOperation(RegisterKind.Read),
                1 => new RegisterOperation(RegisterKind.Write, Interlocked.Increment(ref numbers)),
                _ => new RegisterOperation(RegisterKind.CompareAndSet, Interlocked.Increment(ref numbers), known.GetValueOrDefault(key)),
            };
            return AnsweredAsync(history.Call(client, key, asked), async () =>
            {
                var answer = await AskRegisterAsync(engine, new Address("register", key), asked, shown);
                known[key] = answer.Kind == RegisterKind.Read || answer.IsSet ? answer.Value : known.GetValueOrDefault(key);
                return (true, answer);
            });
        });
        await JudgeAsync(story, shown, kept => LinearizabilityChecker.Check(new RegisterModel(), history.Operations.Where(operation => kept(operation.Key))));
    });

    /// <summary>R11.</summary>
    [Fact]
    [Trait("Experiment", "R11")]
    public Task Transactions_on_lists_are_strictly_serializable_under_faults() => ForEachSeedAsync(async seed =>
    {
        var (history, shown) = (new History<ListTransaction>(), new ShownStamps());
        var story = await FaultyRun.RunAsync(Fixture, Engine, seed, (engine, client, dice) =>
        {
            var key = Key(seed, dice.Next(Keys));
            Address[] lists = [.. dice.Shuffle(["x", "y", "z"]).Take(1 + dice.Next(3)).Select(name => new Address("list", key, name))];
            var appends = lists.Take(dice.Next(lists.Length + 1)).ToDictionary(static list => list, _ => Interlocked.Increment(ref numbers));
            ListStep[] steps = [.. appends.Select(static append => ListStep.Append($"{append.Key}", append.Value))];
            return AnsweredAsync(history.Call(client, key, new(steps)), () => TransactAsync(engine, lists, appends, steps, shown));
        });
        await JudgeAsync(story, shown, kept => ListAppendChecker.Check(history.Operations.Where(operation => kept(operation.Key)), IsolationLevel.StrictSerializable));
    });

    /// <summary>R12.</summary>
    [Fact]
    [Trait("Experiment", "R12")]
    public Task Every_member_of_a_set_that_was_acknowledged_is_read_after_faults() => ForEachSeedAsync(async seed =>
    {
        var (history, shown) = (new History<string>(), new ShownStamps());
        var story = await FaultyRun.RunAsync(Fixture, Engine, seed, (engine, client, _) =>
        {
            var number = Interlocked.Increment(ref numbers);
            var (key, member) = (Key(seed, (int)(number / MembersOfASet)), $"m{number}");
            return AnsweredAsync(history.Call(client, key, member), async () =>
            {
                var result = await engine.CommitAsync(new Commit(RecordChange.Update(new Address("set", key)).Set(member, "")));
                shown.Note(key, result.At);
                return (result.IsCommitted, member);
            });
        });
        await ReopenAsync();
        var found = new Dictionary<string, Record?>();
        foreach (var key in history.Operations.Select(static operation => operation.Key).Distinct())
        {
            found[key] = await ReadAsync(new Address("set", key));
        }

        bool IsThere(Operation<string> member) => found[member.Key]?[member.What] is not null;
        await JudgeAsync(story, shown, kept =>
        [
            .. from member in history.Operations
               where kept(member.Key) && !member.IsOpen && IsThere(member) != (member.Outcome == OperationOutcome.Done)
               select new Violation(IsThere(member) ? "appeared" : "lost", $"{member.What} of {member.Key}, which was answered with {member.Outcome}"),
        ]);
    });

    /// <summary>Read your writes, monotonic reads and writes, and writes that follow reads, on any engine of the store.</summary>
    [Fact]
    [Trait("Experiment", "sessions")]
    public Task Clients_that_carry_their_stamps_are_shown_their_own_past_under_faults() => ForEachSeedAsync(async seed =>
    {
        var (history, shown) = (new History<SessionStep>(), new ShownStamps());
        var carried = new ConcurrentDictionary<(int Client, string Key), Stamp>();
        var story = await FaultyRun.RunAsync(Fixture, Engine, seed, (engine, client, dice) =>
        {
            var (key, isWrite) = (Key(seed, dice.Next(Keys)), dice.Next(3) == 0);
            return AnsweredAsync(history.Call(client, key, new(isWrite, 0)), async () =>
            {
                var (step, at) = await AskSessionAsync(engine, new Address("page", key), isWrite, carried.TryGetValue((client, key), out var stamp) ? stamp : null);
                shown.Note(key, at);
                carried.AddOrUpdate((client, key), at, (_, known) => (at.Term, at.Revision).CompareTo((known.Term, known.Revision)) > 0 ? at : known);
                return (true, step);
            });
        });
        await JudgeAsync(story, shown, kept => SessionChecker.Check(history.Operations.Where(operation => kept(operation.Key))));
    });

    private static async Task<RegisterOperation> AskRegisterAsync(StateEngine engine, Address address, RegisterOperation asked, ShownStamps shown)
    {
        if (asked.Kind == RegisterKind.Read)
        {
            var reading = await engine.ReadAsync(address);
            shown.Note(address.Affinity, reading.At);
            return asked with { Value = reading.Record?.Counter("v") };
        }

        var change = RecordChange.Update(address).Set("v", Text(asked.Value!.Value));
        if (asked.Kind == RegisterKind.CompareAndSet)
        {
            change.When(asked.Expected is { } expected ? Condition.FieldIs("v", Utf8(Text(expected))) : Condition.FieldAbsent("v"));
        }

        var result = await engine.CommitAsync(new Commit(change));
        shown.Note(address.Affinity, result.At);
        return asked with { IsSet = result.IsCommitted };
    }

    /// <summary>Reads the lists at one moment, and appends under the condition that none of them has changed since.</summary>
    private static async Task<(bool IsMade, ListTransaction Made)> TransactAsync(
        StateEngine engine, Address[] lists, Dictionary<Address, long> appends, ListStep[] steps, ShownStamps shown)
    {
        var readings = await engine.ReadManyAsync(lists);
        var seen = lists.Zip(readings).ToDictionary(static pair => pair.First, static pair => pair.Second.Record?.Text("all"));
        shown.Note(lists[0].Affinity, readings[0].At);
        if (appends.Count > 0)
        {
            // Whoever thinks before it writes meets others who did the same.
            await Task.Delay(TimeSpan.FromMilliseconds(1));
            var result = await engine.CommitAsync(new Commit([.. seen.Select(list =>
            {
                var change = appends.TryGetValue(list.Key, out var number)
                    ? RecordChange.Update(list.Key).Set("all", $"{list.Value} {Text(number)}".Trim())
                    : RecordChange.Keep(list.Key);
                return change.When(list.Value is { } text ? Condition.FieldIs("all", Utf8(text)) : Condition.FieldAbsent("all"));
            })]));
            shown.Note(lists[0].Affinity, result.At);
            if (!result.IsCommitted)
            {
                return (false, new());
            }
        }

        return (true, new([
            .. seen.Select(static list => ListStep.Saw($"{list.Key}", [.. (list.Value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static item => long.Parse(item, CultureInfo.InvariantCulture))])),
            .. steps]));
    }

    private async Task<(SessionStep Step, Stamp At)> AskSessionAsync(StateEngine engine, Address address, bool isWrite, Stamp? carried)
    {
        if (isWrite)
        {
            var value = Text(Interlocked.Increment(ref numbers));
            var result = await engine.CommitAsync(new Commit(RecordChange.Update(address).Set("v", value)));
            return (new(true, result.At.Revision, value), result.At);
        }

        var reading = await engine.ReadAsync(address, carried is { } stamp ? Freshness.AtLeast(stamp) : Freshness.Pushed);
        return (new(false, reading.Record?.Revision ?? 0, reading.Record?.Text("v")), reading.At);
    }

    /// <summary>Whether the store answered, with whatever. What failed had no effect; what is unknown stays open.</summary>
    private static async Task<bool> AnsweredAsync<T>(HistoryCall<T> call, Func<Task<(bool IsMade, T What)>> askAsync)
    {
        try
        {
            var (isMade, what) = await askAsync();
            if (isMade)
            {
                call.Return(what);
            }
            else
            {
                call.Fail();
            }

            return true;
        }
        catch (CommitUnknownException)
        {
            return false;
        }
        catch (StateException fault) when (fault.IsTransient)
        {
            call.Fail();
            return false;
        }
    }

    /// <summary>The affinity of one of a history's records.</summary>
    internal virtual string Key(int seed, int number) => $"{Affinity}-{seed}-{number}";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task ForEachSeedAsync(Func<int, Task> testAsync)
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            await testAsync(seed);
        }
    }

    /// <summary>What an engine that is its own store keeps shows only in another one.</summary>
    private async Task ReopenAsync()
    {
        if (!Engine.Capabilities.IsShared)
        {
            await RestartAsync();
        }
    }

    /// <summary>Judges all keys of which nothing is told to be lost. Where the engine promises to keep what it acknowledged, nothing may be.</summary>
    private async Task JudgeAsync(string story, ShownStamps shown, Func<Predicate<string>, IReadOnlyList<Violation>> check)
    {
        await ReopenAsync();
        var lost = await shown.LostAsync(Engine);
        Assert.True(lost.Count == 0 || Engine.Capabilities.Durability == Durability.Memory, $"{story}: what was acknowledged in {string.Join(", ", lost)} is lost.");
        Violation.MustBeNone(check(key => !lost.Contains(key)), $"{story}, {lost.Count} keys tell of a loss");
    }
}
