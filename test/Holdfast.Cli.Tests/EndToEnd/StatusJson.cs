using System.Text.Json;

namespace Holdfast.Cli.Tests.EndToEnd;

/// <summary>Reads what <c>status --json</c> tells.</summary>
internal static class StatusJson
{
    public static string GatewayUrl(this JsonElement status) => status.GetProperty("gateway").GetProperty("url").GetString()!;

    public static int[] GatewayPids(this JsonElement status) =>
        [.. status.GetProperty("gateway").GetProperty("pids").EnumerateArray().Select(static pid => pid.GetInt32())];

    public static int NodePid(this JsonElement status) => status.GetProperty("state").GetProperty("pid").GetInt32();

    public static string[] OpenBreakers(this JsonElement status, string service = "web") =>
        [.. status.GetProperty("services").EnumerateArray().Single(item => item.GetProperty("name").GetString() == service)
            .GetProperty("openBreakers").EnumerateArray().Select(static route => route.GetString()!)];

    public static JsonElement[] Instances(this JsonElement status, string service = "web") =>
        [.. status.GetProperty("services").EnumerateArray().Single(item => item.GetProperty("name").GetString() == service)
            .GetProperty("instances").EnumerateArray()];

    public static JsonElement Instance(this JsonElement status, string id) =>
        status.Instances(id[..id.LastIndexOf('-')]).Single(item => item.GetProperty("id").GetString() == id);

    public static string State(this JsonElement instance) => instance.GetProperty("state").GetString()!;

    public static string Url(this JsonElement instance) => instance.GetProperty("url").GetString()!;

    public static int Pid(this JsonElement instance) => instance.GetProperty("pid").GetInt32();
}
