namespace Holdfast.EndToEnd.Tests.Stock;

/// <summary>The application as it was written, on three hosts.</summary>
public sealed class ThreeStockInstances() : Site(OneStockInstance.Project, count: 3, killsAfterPost: false);
