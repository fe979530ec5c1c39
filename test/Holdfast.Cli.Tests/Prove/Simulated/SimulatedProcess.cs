using System.Net;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>A process of a simulated application, from its start to its end.</summary>
internal abstract class SimulatedProcess
{
    /// <summary>Answers with JSON.</summary>
    public abstract (HttpStatusCode Status, object Json) Answer(string method, string path, string body);

    /// <summary>Ends because it was asked to.</summary>
    public virtual void Stop()
    {
    }

    /// <summary>Ends at once.</summary>
    public virtual void Kill()
    {
    }
}
