using System.Net;
using System.Text.Json;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>Notes that a process keeps for itself, but for reads at which they have just been stored.</summary>
/// <param name="store">What all processes share: notes by user.</param>
/// <param name="isStored">Whether that is so at the next read from another process.</param>
internal sealed class LateProcess(Dictionary<string, List<string>> store, Func<bool> isStored) : SimulatedProcess
{
    private readonly HashSet<string> mine = [];

    public override (HttpStatusCode Status, object Json) Answer(string method, string path, string body)
    {
        var user = path.Split('/')[2];
        var notes = store.TryGetValue(user, out var known) ? known : store[user] = [];
        if (method == "POST")
        {
            mine.Add(user);
            notes.Add(JsonDocument.Parse(body).RootElement.GetProperty("text").GetString()!);
            return (HttpStatusCode.Created, new { });
        }

        return (HttpStatusCode.OK, new { notes = notes.Count > 0 && !mine.Contains(user) && !isStored() ? [] : notes });
    }
}
