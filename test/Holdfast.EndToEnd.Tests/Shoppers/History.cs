using System.Diagnostics;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>What a shopper did last and was told, line by line, for whoever has to find out what went wrong.</summary>
internal sealed class History(string name)
{
    private const int Shown = 60;
    private static readonly Stopwatch Clock = Stopwatch.StartNew();

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new(Shown + 1);
    private long older;

    public static TimeSpan Now => Clock.Elapsed;

    public void Add(string line)
    {
        lock (gate)
        {
            lines.Enqueue($"{Now.TotalSeconds,9:0.000} {line}");
            if (lines.Count > Shown)
            {
                lines.Dequeue();
                older++;
            }
        }
    }

    /// <summary>The failure of the shopper, with its last lines.</summary>
    public ShopperFailedException Failure(string what)
    {
        lock (gate)
        {
            var before = older > 0 ? $"  … {older} lines before\n" : "";
            return new ShopperFailedException($"{name} at {Now.TotalSeconds:0.000}: {what}\n{before}  {string.Join("\n  ", lines)}");
        }
    }
}
