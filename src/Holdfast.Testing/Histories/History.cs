namespace Holdfast.Testing;

/// <summary>
/// Records what clients call and are answered. Moments are counted, not measured: the count is taken before a call is sent
/// and after its answer has come, so an operation that returned at a lower count than another was called at came before
/// it for certain. Safe for concurrent use.
/// </summary>
/// <typeparam name="T">What is asked and answered.</typeparam>
public sealed class History<T>
{
    private readonly List<HistoryCall<T>> calls = [];
    private long moment;

    /// <summary>Every operation called so far, in the order of the calls; those without an answer are of unknown outcome.</summary>
    public IReadOnlyList<Operation<T>> Operations
    {
        get
        {
            lock (calls)
            {
                return [.. calls.Select(static call => call.Operation).OrderBy(static operation => operation.Call)];
            }
        }
    }

    /// <summary>Notes an operation that is about to be sent. Until the call is told how it ended, its outcome is unknown.</summary>
    /// <param name="client">Who calls, from 0.</param>
    /// <param name="key">What the operation is about.</param>
    /// <param name="asked">What is asked.</param>
    public HistoryCall<T> Call(int client, string key, T asked)
    {
        var call = new HistoryCall<T>(this, new Operation<T>(client, key, asked, OperationOutcome.Unknown, Next(), long.MaxValue));
        lock (calls)
        {
            calls.Add(call);
        }

        return call;
    }

    internal long Next() => Interlocked.Increment(ref moment);
}
