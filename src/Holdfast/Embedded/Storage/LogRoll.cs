namespace Holdfast.Embedded;

/// <summary>The wish that the log go on in a new segment: the last one of the manifest, which is then put in force.</summary>
internal sealed class LogRoll(Manifest manifest)
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Manifest Manifest { get; } = manifest;

    public Task Done => done.Task;

    public void Complete() => done.SetResult();

    public void Fail(Exception fault) => done.SetException(fault);
}
