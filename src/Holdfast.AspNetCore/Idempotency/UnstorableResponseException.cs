namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// The response of an idempotent request can't be stored, so nothing of the request is committed and its client is answered 500: the
/// endpoint, or its options, must change.
/// </summary>
internal sealed class UnstorableResponseException(string message) : StateException(message)
{
    public static UnstorableResponseException TooLong(int maxBytes) => new(
        $"The response is longer than the {maxBytes} bytes that are stored for an Idempotency-Key. Nothing was committed. Raise IdempotencyOptions.MaxResponseBytes of this endpoint, or answer with less.");

    public static UnstorableResponseException Upgrade() => new(
        "A WebSocket or another upgrade has no response that could be stored for an Idempotency-Key. Nothing was committed. Take idempotency off this endpoint.");
}
