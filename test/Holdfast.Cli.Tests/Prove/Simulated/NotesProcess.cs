using System.Net;
using System.Text.Json;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>Notes that are kept somewhere, and numbers beside them that tell nothing of state: how long the process runs, and chance.</summary>
/// <param name="machine">Whose clock tells how long.</param>
/// <param name="place">Where notes are kept.</param>
/// <param name="store">What all processes share, by user.</param>
internal sealed class NotesProcess(SimulatedMachine machine, NotesPlace place, Dictionary<string, List<string>> store) : SimulatedProcess
{
    private readonly TimeSpan started = machine.Now;
    private readonly Dictionary<string, List<string>> memory = [];

    public override (HttpStatusCode Status, object Json) Answer(string method, string path, string body)
    {
        var user = path.Split('/')[2];
        var notes = place switch
        {
            NotesPlace.Store => NotesOf(store, user),
            NotesPlace.Memory => NotesOf(memory, user),
            _ => memory.TryGetValue(user, out var copy) ? copy : memory[user] = [.. NotesOf(store, user)],
        };
        if (method == "POST")
        {
            notes.Add(JsonDocument.Parse(body).RootElement.GetProperty("text").GetString()!);
            if (place == NotesPlace.CopiedStore)
            {
                store[user] = [.. notes];
            }
        }

        return (HttpStatusCode.OK, new { notes, uptime = (machine.Now - started).TotalMilliseconds, ticks = (int)((machine.Now - started) / TimeSpan.FromMilliseconds(100)), luck = machine.Chance() });
    }

    private static List<string> NotesOf(Dictionary<string, List<string>> where, string user) => where.TryGetValue(user, out var notes) ? notes : where[user] = [];
}
