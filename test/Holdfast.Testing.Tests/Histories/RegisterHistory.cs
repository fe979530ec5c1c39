namespace Holdfast.Testing.Tests.Histories;

/// <summary>Histories of a register that works, made step by step on one thread: the seed decides who calls, takes effect, and is answered when, and which answers are lost.</summary>
internal static class RegisterHistory
{
    public static IReadOnlyList<Operation<RegisterOperation>> Make(int seed, int clients, int operations, bool losesAnswers = true)
    {
        var random = new Random(seed);
        var history = new History<RegisterOperation>();
        long? register = null;
        var underway = new Dictionary<int, (HistoryCall<RegisterOperation> Call, bool HasHappened, RegisterOperation Answer)>();
        var silent = new List<HistoryCall<RegisterOperation>>();
        for (var called = 0; called < operations || underway.Count > 0;)
        {
            var client = random.Next(clients);
            if (!underway.TryGetValue(client, out var now))
            {
                if (called < operations)
                {
                    called++;
                    underway[client] = (history.Call(client, "k", Next(random)), false, default);
                }
            }
            else if (losesAnswers && random.Next(25) == 0 && silent.Count < 5)
            {
                // No answer will come. Whether it has happened, or will, the client doesn't learn.
                underway.Remove(client);
                if (!now.HasHappened && random.Next(2) == 0)
                {
                    silent.Add(now.Call);
                }
            }
            else if (!now.HasHappened)
            {
                underway[client] = now with { HasHappened = true, Answer = Apply(now.Call.Operation.What, ref register) };
            }
            else
            {
                now.Call.Return(now.Answer);
                underway.Remove(client);
            }

            if (silent.Count > 0 && random.Next(10) == 0)
            {
                var late = silent[random.Next(silent.Count)];
                silent.Remove(late);
                Apply(late.Operation.What, ref register);
            }
        }

        return history.Operations;
    }

    private static RegisterOperation Next(Random random) => random.Next(3) switch
    {
        0 => new(RegisterKind.Read),
        1 => new(RegisterKind.Write, random.Next(4)),
        _ => new(RegisterKind.CompareAndSet, random.Next(4), random.Next(4)),
    };

    private static RegisterOperation Apply(RegisterOperation what, ref long? register)
    {
        if (what.Kind == RegisterKind.Read)
        {
            return what with { Value = register };
        }

        var isSet = what.Kind == RegisterKind.Write || register == what.Expected;
        register = isSet ? what.Value : register;
        return what with { IsSet = isSet };
    }
}
