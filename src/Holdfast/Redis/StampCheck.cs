using Holdfast.NearCaching;

namespace Holdfast.Redis;

/// <summary>
/// Finds out whether the store's history contains what a client was shown, and counts what it has lost; and refuses to
/// read on if the options say so.
/// </summary>
internal sealed class StampCheck(NearCache cache, StateEngineOptions options, Func<int, CancellationToken, ValueTask<PartitionHead>> readHead)
{
    /// <summary>Checks a stamp against a moment that the store has told after it; asks for the terms only when it must.</summary>
    /// <returns>How what was read at that moment stands to the stamp.</returns>
    /// <exception cref="StateLostException">The store has lost what the stamp stands for, and the options say to refuse.</exception>
    public async ValueTask<StampVerdict> CheckAsync(Stamp stamp, Stamp at, CancellationToken cancellationToken)
    {
        if (stamp.Term == at.Term ? stamp.Revision <= at.Revision : cache.IsKnownPast(stamp, at.Term))
        {
            return StampVerdict.Contained;
        }

        var head = await readHead(stamp.Partition, cancellationToken).ConfigureAwait(false);
        if (head.Contains(stamp))
        {
            // A server that is the store's no more may have told the moment, and the one in its place the terms.
            return stamp.Term < at.Term ? StampVerdict.Contained : StampVerdict.Later;
        }

        StateMeter.LostStamps.Add(1);
        return options.RefuseLostStamps ? throw new StateLostException(stamp, head.At) : StampVerdict.Lost;
    }
}
