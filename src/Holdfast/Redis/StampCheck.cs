using Holdfast.NearCaching;

namespace Holdfast.Redis;

/// <summary>
/// Finds out whether the store's history contains what a client was shown, and counts what it has lost; and refuses to
/// read on if the options say so.
/// </summary>
internal sealed class StampCheck(NearCache cache, StateEngineOptions options, Func<int, CancellationToken, ValueTask<PartitionHead>> readHead)
{
    /// <summary>Checks a stamp against a moment that the store has told after it; asks for the terms only when it must.</summary>
    public async ValueTask CheckAsync(Stamp stamp, Stamp at, CancellationToken cancellationToken)
    {
        if (stamp.Term == at.Term ? stamp.Revision <= at.Revision : cache.IsKnownPast(stamp, at.Term))
        {
            return;
        }

        var head = await readHead(stamp.Partition, cancellationToken).ConfigureAwait(false);
        if (!head.Contains(stamp))
        {
            StateMeter.LostStamps.Add(1);
            if (options.RefuseLostStamps)
            {
                throw new StateLostException(stamp, head.At);
            }
        }
    }
}
