namespace Holdfast.Node;

/// <summary>The embedded engine reads on the caller's thread: what it answers is there when the call returns.</summary>
internal static class Ended
{
    public static T Of<T>(ValueTask<T> task) =>
        task.IsCompleted
            ? task.GetAwaiter().GetResult()
            : throw new InvalidOperationException("The embedded engine reads without waiting.");
}
