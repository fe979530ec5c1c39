namespace Holdfast.Gateway.Telemetry;

/// <summary>
/// Keeps no scopes. The server opens one for each connection, which no line of the log shows, and which would make every step of
/// every request carry a context of its own.
/// </summary>
internal sealed class NoScopes : IExternalScopeProvider, IDisposable
{
    public void ForEachScope<TState>(Action<object?, TState> callback, TState state)
    {
    }

    public IDisposable Push(object? state) => this;

    public void Dispose()
    {
    }
}
