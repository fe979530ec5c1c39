namespace Holdfast.AspNetCore.Idempotency;

/// <summary>What an endpoint declares of idempotency.</summary>
internal interface IIdempotencyMetadata
{
    /// <summary>Whether it stands on the handler itself, and so goes before what a group or route says.</summary>
    bool IsOnHandler { get; }

    /// <summary>The options with what is declared here.</summary>
    IdempotencyOptions Over(IdempotencyOptions options);
}
