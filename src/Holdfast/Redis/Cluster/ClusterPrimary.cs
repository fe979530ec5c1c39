namespace Holdfast.Redis;

/// <summary>A primary as a node of the cluster tells of it.</summary>
/// <param name="Place">Where it listens.</param>
/// <param name="Epoch">Its configuration's number: of two that claim a slot, the higher has it.</param>
/// <param name="Slots">The ranges of slots that it has, first and last.</param>
internal sealed record ClusterPrimary(RedisPlace Place, long Epoch, IReadOnlyList<(int First, int Last)> Slots)
{
    public bool Has(int slot)
    {
        foreach (var (first, last) in Slots)
        {
            if (first <= slot && slot <= last)
            {
                return true;
            }
        }

        return false;
    }
}
