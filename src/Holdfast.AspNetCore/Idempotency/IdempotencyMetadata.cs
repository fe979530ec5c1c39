namespace Holdfast.AspNetCore.Idempotency;

/// <summary>What <c>WithIdempotency</c> declares.</summary>
internal sealed class IdempotencyMetadata(Func<IdempotencyOptions, IdempotencyOptions>? change) : IIdempotencyMetadata
{
    public bool IsOnHandler => false;

    public IdempotencyOptions Over(IdempotencyOptions options) => change is null ? options : change(options);
}
