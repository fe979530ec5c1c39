using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Forwarding;

/// <summary>A client's address as text, once for each connection.</summary>
internal static class ClientAddress
{
    private static readonly ConditionalWeakTable<IPAddress, string> Texts = [];

    public static string? Of(ConnectionInfo connection) =>
        connection.RemoteIpAddress is not { } address ? null
        : Texts.GetValue(address, static address => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString());
}
