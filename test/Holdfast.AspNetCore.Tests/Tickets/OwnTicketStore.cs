using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Holdfast.AspNetCore.Tests.Tickets;

/// <summary>A ticket store that an application brings along.</summary>
internal sealed class OwnTicketStore : ITicketStore
{
    public ConcurrentDictionary<string, AuthenticationTicket> Tickets { get; } = new();

    public Task<string> StoreAsync(AuthenticationTicket ticket)
    {
        var key = $"own-{Tickets.Count}";
        Tickets[key] = ticket;
        return Task.FromResult(key);
    }

    public Task RenewAsync(string key, AuthenticationTicket ticket)
    {
        Tickets[key] = ticket;
        return Task.CompletedTask;
    }

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => Task.FromResult(Tickets.GetValueOrDefault(key));

    public Task RemoveAsync(string key)
    {
        Tickets.TryRemove(key, out _);
        return Task.CompletedTask;
    }
}
