namespace Shop.Requests;

/// <summary>The request can't be done, and its sender can do something about it. Nothing was changed.</summary>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    public int Status => status;
}
