using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Redis;

/// <summary>Calls that have been made and wait to be used again: those used last come first.</summary>
internal sealed class CallPool<TCall>
    where TCall : StoreCall
{
    /// <summary>So many are kept; what more were under way at a time are the collector's.</summary>
    private const int MaxIdle = 1024;

    private readonly Lock gate = new();
    private readonly Stack<TCall> idle = new();

    /// <summary>Takes one out; false when none is there, and a new one is to be made.</summary>
    public bool TryTake([NotNullWhen(true)] out TCall? call)
    {
        lock (gate)
        {
            return idle.TryPop(out call);
        }
    }

    /// <summary>Takes one back that nobody holds any more.</summary>
    public void Return(TCall call)
    {
        lock (gate)
        {
            if (idle.Count < MaxIdle)
            {
                idle.Push(call);
            }
        }
    }
}
