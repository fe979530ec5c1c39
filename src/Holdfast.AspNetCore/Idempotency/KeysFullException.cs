namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// There is no room for what a keyed request wants to have remembered beyond its reservation: a plan, or many steps. Nothing that would follow is committed,
/// and a repetition goes on from what was.
/// </summary>
internal sealed class KeysFullException() : StateException("There is no room for the plan, or for more steps, of a request under an Idempotency-Key.")
{
    public override bool IsTransient => true;
}
