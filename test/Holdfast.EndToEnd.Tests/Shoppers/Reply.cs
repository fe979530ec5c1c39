using System.Net;
using System.Text.Json;

namespace Holdfast.EndToEnd.Tests.Shoppers;

/// <summary>What the shop answered.</summary>
internal sealed record Reply(HttpStatusCode Status, string Instance, string Body)
{
    /// <summary>Whether the request is said to run still, under its key.</summary>
    public bool IsRunning { get; init; }

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>A cart's items by sku.</summary>
    public Dictionary<string, long> Items =>
        Json.GetProperty("items").EnumerateArray().ToDictionary(
            static item => item.GetProperty("sku").GetString()!, static item => item.GetProperty("quantity").GetInt64());

    public long Total => Json.GetProperty("total").GetInt64();

    public string OrderId => Json.GetProperty("orderId").GetString()!;
}
