using System.Net;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>The corpus's likes-written-behind: likes are kept for two seconds at most, and then stored.</summary>
internal sealed class LikesProcess : SimulatedProcess
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly SimulatedMachine machine;
    private readonly LikesStore store;
    private List<string> waiting = [];
    private TimeSpan next;

    public LikesProcess(SimulatedMachine machine, LikesStore store)
    {
        (this.machine, this.store) = (machine, store);
        next = machine.Now + machine.Late(Period);
        store.Writers.Add(this);
    }

    /// <summary>Stores what was due until now.</summary>
    public void Flush()
    {
        while (next <= machine.Now)
        {
            store.Write(waiting, next + machine.Late(TimeSpan.FromMilliseconds(1)));
            waiting = [];
            next += machine.Late(Period);
        }
    }

    public override (HttpStatusCode Status, object Json) Answer(string method, string path, string body)
    {
        var article = path.Split('/')[2];
        store.Settle();
        if (method == "POST")
        {
            waiting.Add(article);
            return (HttpStatusCode.Accepted, new { article, thanks = true });
        }

        return (HttpStatusCode.OK, new { article, likes = store.Count(article, machine.Now) + waiting.Count(like => like == article), at = machine.GetUtcNow() });
    }

    public override void Stop()
    {
        Kill();
        store.Write(waiting, machine.Now);
    }

    public override void Kill()
    {
        Flush();
        store.Writers.Remove(this);
    }
}
