using System.Runtime.InteropServices;

namespace Holdfast.Testing;

/// <summary>
/// The search for an order of one key's operations. Calls and returns of those that were answered lie in one list in the
/// order of time; placing an operation takes its two entries out. Whatever is called before the first return that is
/// left may come next, and of the operations of unknown outcome those called before it. A set of placed operations that
/// led to a state before need not be tried again from there.
/// </summary>
internal sealed class LinearizationSearch<TState, T>
    where TState : IEquatable<TState>
{
    private const int Head = 0;

    private readonly SequentialModel<TState, T> model;
    private readonly long maxSteps;
    private readonly Operation<T>[] answered;
    private readonly Operation<T>[] open;

    // The list of entries: their operation, 1 above its index, positive for the call and negative for the return.
    private readonly int[] entries;
    private readonly int[] next;
    private readonly int[] previous;
    private readonly int[] callEntry;
    private readonly int[] returnEntry;

    private readonly ulong[] placed;
    private readonly ulong[] spent;
    private readonly Dictionary<Tried, List<ulong[]>> tried = [];
    private readonly Stack<Placing> path = [];
    private TState state;
    private int left;

    public LinearizationSearch(SequentialModel<TState, T> model, IReadOnlyList<Operation<T>> operations, long maxSteps)
    {
        (this.model, this.maxSteps, state) = (model, maxSteps, model.Initial);
        answered = [.. operations.Where(static operation => !operation.IsOpen)];
        open = [.. operations.Where(static operation => operation.IsOpen)];
        left = answered.Length;
        placed = new ulong[(answered.Length + 63) / 64];
        spent = new ulong[(open.Length + 63) / 64];
        callEntry = new int[answered.Length];
        returnEntry = new int[answered.Length];
        entries = [0, .. Enumerable.Range(1, answered.Length).SelectMany(static i => new[] { i, -i }).OrderBy(MomentOf)];
        next = [.. Enumerable.Range(1, entries.Length)];
        previous = [.. Enumerable.Range(-1, entries.Length)];
        for (var entry = 1; entry < entries.Length; entry++)
        {
            (entries[entry] > 0 ? callEntry : returnEntry)[Math.Abs(entries[entry]) - 1] = entry;
        }
    }

    /// <summary>The longest order that was found, of operations of known and unknown outcome.</summary>
    public IReadOnlyList<Operation<T>> Longest { get; private set; } = [];

    /// <summary>Where the longest order ends.</summary>
    public TState LongestState { get; private set; } = default!;

    /// <summary>The operations that were answered and have no place in the longest order.</summary>
    public IEnumerable<Operation<T>> Unplaced => answered.Except(Longest).OrderBy(static operation => operation.Call);

    /// <summary>Whether there is an order; null when the steps did not suffice to know.</summary>
    public bool? Run()
    {
        LongestState = state;
        var (candidate, best) = (First(), left);
        for (long step = 0; left > 0; step++)
        {
            if (step > maxSteps)
            {
                return null;
            }

            if (candidate is { } place)
            {
                candidate = TryPlace(place) ? First() : After(place);
                if (left < best)
                {
                    best = left;
                    (Longest, LongestState) = ([.. path.Reverse().Select(placing => At(placing.Place))], state);
                }
            }
            else if (path.TryPop(out var last))
            {
                TakeBack(last);
                candidate = After(last.Place);
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    // Places are the answered operations' call entries, and beyond the last entry the open operations.
    private Operation<T> At(int place) => place < entries.Length ? answered[entries[place] - 1] : open[place - entries.Length];

    private long MomentOf(int entry) => entry > 0 ? answered[entry - 1].Call : answered[-entry - 1].Return;

    private int? First() => Following(Head);

    private int? After(int place) => place < entries.Length ? Following(place) : NextOpen(place + 1);

    // The list's first return stands behind every call that may come next; the operations of unknown outcome come last, since most
    // of them are best left out.
    private int? Following(int entry)
    {
        var following = next[entry];
        return following == entries.Length ? null : entries[following] > 0 ? following : NextOpen(entries.Length);
    }

    private int? NextOpen(int place)
    {
        var firstReturn = next[Head];
        while (firstReturn < entries.Length && entries[firstReturn] > 0)
        {
            firstReturn = next[firstReturn];
        }

        if (firstReturn == entries.Length)
        {
            return null;
        }

        for (var limit = MomentOf(entries[firstReturn]); place < entries.Length + open.Length; place++)
        {
            if (!IsSpent(place - entries.Length) && At(place).Call < limit)
            {
                return place;
            }
        }

        return null;
    }

    private bool TryPlace(int place)
    {
        var operation = At(place);
        if (!model.TryApply(state, operation, out var then) || (operation.IsOpen && then.Equals(state)))
        {
            // One of unknown outcome that changes nothing may as well not have happened.
            return false;
        }

        Flip(place);
        if (!IsNew(then))
        {
            Flip(place);
            return false;
        }

        path.Push(new Placing(place, state));
        state = then;
        if (!operation.IsOpen)
        {
            left--;
            Unlink(callEntry[entries[place] - 1]);
            Unlink(returnEntry[entries[place] - 1]);
        }

        return true;
    }

    private void TakeBack(Placing last)
    {
        state = last.Before;
        Flip(last.Place);
        if (last.Place < entries.Length)
        {
            left++;
            Link(returnEntry[entries[last.Place] - 1]);
            Link(callEntry[entries[last.Place] - 1]);
        }
    }

    private void Unlink(int entry)
    {
        next[previous[entry]] = next[entry];
        if (next[entry] < entries.Length)
        {
            previous[next[entry]] = previous[entry];
        }
    }

    // An entry that was taken out still knows its neighbours, and they are taken back in the opposite order.
    private void Link(int entry)
    {
        next[previous[entry]] = entry;
        if (next[entry] < entries.Length)
        {
            previous[next[entry]] = entry;
        }
    }

    // What leads nowhere with some operations of unknown outcome spent leads nowhere with more of them spent.
    private bool IsNew(TState then)
    {
        ref var before = ref CollectionsMarshal.GetValueRefOrAddDefault(tried, new Tried([.. placed], then), out var isKnown);
        if (isKnown && before!.Exists(less => less.Zip(spent).All(static words => (words.First & ~words.Second) == 0)))
        {
            return false;
        }

        (before ??= []).Add([.. spent]);
        return true;
    }

    private bool IsSpent(int number) => (spent[number / 64] & (1UL << (number % 64))) != 0;

    private void Flip(int place)
    {
        var (words, number) = place < entries.Length ? (placed, entries[place] - 1) : (spent, place - entries.Length);
        words[number / 64] ^= 1UL << (number % 64);
    }

    private readonly record struct Placing(int Place, TState Before);

    private readonly struct Tried(ulong[] placed, TState state) : IEquatable<Tried>
    {
        private readonly ulong[] placed = placed;
        private readonly TState state = state;

        public bool Equals(Tried other) => state.Equals(other.state) && placed.AsSpan().SequenceEqual(other.placed);

        public override bool Equals(object? obj) => obj is Tried other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(state);
            foreach (var word in placed)
            {
                hash.Add(word);
            }

            return hash.ToHashCode();
        }
    }
}
