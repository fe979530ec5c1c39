namespace Holdfast.Embedded;

/// <summary>Stands behind a frame of the store's own, which only has to reach the disk.</summary>
internal sealed class SyncedEntry : ILogEntry
{
    public static readonly SyncedEntry Instance = new();

    private SyncedEntry()
    {
    }

    public bool UntilSynced => true;

    public void Release()
    {
    }

    public void RollBack()
    {
    }
}
