namespace Holdfast.Redis;

/// <summary>An error reply on its way to the code that knows what it means.</summary>
internal sealed class StoreErrorException(ErrorReply error) : StateException(error.Text)
{
    public ErrorReply Error { get; } = error;
}
