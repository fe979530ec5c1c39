namespace Holdfast.Testing;

/// <summary>
/// Finds where a session was not shown its own past: read-your-writes, monotonic reads, monotonic writes, and writes that
/// follow reads (D. Terry and others, "Session guarantees for weakly consistent replicated data", 1994). A session is a client, and
/// versions are compared within a key.
/// </summary>
public static class SessionChecker
{
    /// <summary>What was broken: nothing if every session was shown its past. Only operations that were answered count.</summary>
    public static IReadOnlyList<Violation> Check(IEnumerable<Operation<SessionStep>> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        var done = operations.Where(static operation => operation.Outcome == OperationOutcome.Done).ToList();
        var violations = new List<Violation>();
        foreach (var session in done.GroupBy(static operation => (operation.Client, operation.Key)))
        {
            Follow([.. session.OrderBy(static operation => operation.Return)], violations);
        }

        foreach (var version in done.Where(static operation => operation.What.Value is not null).GroupBy(static operation => (operation.Key, operation.What.Version)))
        {
            var first = version.First();
            if (version.FirstOrDefault(other => other.What.Value != first.What.Value) is { } other)
            {
                violations.Add(new("one version, two values", $"{version.Key.Key}: client {first.Client} {first.What}, and client {other.Client} {other.What}."));
            }
        }

        return violations;
    }

    // The newest write and the newest read that had returned when a step was called are what it must not go behind. A session may have several
    // calls under way at once: those don't bind each other.
    private static void Follow(Operation<SessionStep>[] session, List<Violation> violations)
    {
        Operation<SessionStep>? written = null, read = null;
        var returned = 0;
        foreach (var step in session.OrderBy(static operation => operation.Call))
        {
            for (; returned < session.Length && session[returned].Return < step.Call; returned++)
            {
                ref var newest = ref session[returned].What.IsWrite ? ref written : ref read;
                newest = newest is null || session[returned].What.Version > newest.What.Version ? session[returned] : newest;
            }

            foreach (var (past, kind) in new[] { (written, step.What.IsWrite ? "monotonic writes" : "read your writes"), (read, step.What.IsWrite ? "writes follow reads" : "monotonic reads") })
            {
                // A write makes a version of its own; a reading may see the same again.
                if (past is not null && (step.What.IsWrite ? step.What.Version <= past.What.Version : step.What.Version < past.What.Version))
                {
                    violations.Add(new(kind, $"{step.Key}: client {step.Client} {past.What} at {past.Call}..{past.Return}, and then {step.What} at {step.Call}..{step.Return}."));
                }
            }
        }
    }
}
