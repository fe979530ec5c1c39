namespace Holdfast.AspNetCore.Engine;

/// <summary>Stands in until the library opens stores by their connection strings: an application registers its engine itself.</summary>
internal static class StateEngines
{
    public static ValueTask<StateEngine> OpenAsync(string store, StateEngineOptions options, CancellationToken cancellationToken)
    {
        _ = (options, cancellationToken);
        throw new StateUnavailableException($"No engine opens '{store.Split(':')[0]}' stores: register a StateEngine with the services.");
    }
}
