using System.Diagnostics;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>What a shopper did and was told, line by line, for whoever has to find out what went wrong.</summary>
internal sealed class History(string name)
{
    private static readonly Stopwatch Clock = Stopwatch.StartNew();

    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    public static TimeSpan Now => Clock.Elapsed;

    public void Add(string line)
    {
        lock (gate)
        {
            lines.Add($"{Now.TotalSeconds,9:0.000} {line}");
        }
    }

    /// <summary>The failure of the shopper, with its last lines.</summary>
    public ShopperFailedException Failure(string what)
    {
        lock (gate)
        {
            const int Shown = 60;
            var older = lines.Count > Shown ? $"  … {lines.Count - Shown} lines before\n" : "";
            return new ShopperFailedException($"{name} at {Now.TotalSeconds:0.000}: {what}\n{older}  {string.Join("\n  ", lines.TakeLast(Shown))}");
        }
    }
}
