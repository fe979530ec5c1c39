using System.Net;
using System.Net.Sockets;
using Holdfast.Gateway.Hosting;
using Microsoft.AspNetCore.Connections;

namespace Holdfast.Gateway.Sockets;

/// <summary>Has Kestrel get its connections from the gateway's own loops. Where there are none, its own transport takes over.</summary>
internal sealed class ClientTransport(
    SocketLoops loops, ListenSockets sockets, RestingClients resting, IMemoryPoolFactory<byte> pools, TimeProvider clock, ILogger<ClientTransport> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint && loops.All.Count > 0;

    /// <exception cref="AddressInUseException">The port is taken by something that does not share it.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        try
        {
            return ValueTask.FromResult<IConnectionListener>(new ClientListener(sockets.Bind(endpoint), loops, resting, pools.Create(), clock, logger));
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(fault.Message, fault);
        }
    }
}
