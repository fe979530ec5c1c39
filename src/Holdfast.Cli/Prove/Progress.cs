namespace Holdfast.Cli.Prove;

/// <summary>Tells what is being done, a line at a time, on standard error: standard output is for the result.</summary>
internal sealed class Progress(TextWriter target)
{
    public void Tell(string text) => target.WriteLine($"  {text}");
}
