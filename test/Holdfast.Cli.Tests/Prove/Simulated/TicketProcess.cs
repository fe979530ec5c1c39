using System.Net;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>Tickets whose numbers each process counts for itself.</summary>
internal sealed class TicketProcess : SimulatedProcess
{
    private int last;

    public override (HttpStatusCode Status, object Json) Answer(string method, string path, string body) => (HttpStatusCode.Created, new { ticket = ++last });
}
