namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>The application as it was written: one instance, its sessions in its memory and its keys in its home.</summary>
public sealed class OneStockInstance() : Site(Project, count: 1, killsAfterPost: false)
{
    public const string Project = "test/StockApplication";
}
