namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// The claim on the request's key was lost to a repetition, which runs in this request's stead, or the key's record has expired. Nothing
/// that would follow is committed.
/// </summary>
internal sealed class ClaimLostException() : StateException("Another run of the same request has taken over its Idempotency-Key.")
{
    public override bool IsTransient => true;
}
