namespace Holdfast.Cli.Supervision;

/// <summary>A change of how gateways are to treat services, on its way to the store, and back if it is withdrawn. Used under its writer's gate.</summary>
internal sealed class Redeclaration(IReadOnlyList<ServiceDeclaration> wanted)
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<ServiceDeclaration>? before;

    /// <summary>Completes when it is in the store.</summary>
    public Task Done => done.Task;

    /// <summary>Whether the earlier declarations are to be in the store instead.</summary>
    public bool IsWithdrawn { get; private set; }

    /// <summary>What is to be written, as one.</summary>
    /// <param name="declarations">The services as they are declared now.</param>
    public IReadOnlyList<ServiceDeclaration> Next(IReadOnlyDictionary<string, ServiceDeclaration> declarations)
    {
        if (IsWithdrawn)
        {
            return before ?? [];
        }

        before ??= [.. wanted.Select(service => declarations[service.Name])];
        return wanted;
    }

    /// <summary>What was to be written was.</summary>
    public void End() => done.TrySetResult();

    /// <summary>Has the store keep, or have again, what it had. False when it is done already.</summary>
    public bool TryWithdraw()
    {
        if (done.Task.IsCompleted)
        {
            return false;
        }

        IsWithdrawn = true;
        return true;
    }
}
