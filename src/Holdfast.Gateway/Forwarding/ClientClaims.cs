using System.Collections.Frozen;

namespace Holdfast.Gateway.Forwarding;

/// <summary>
/// Fields by which a client would claim who it is or what it asked for, which the gateway alone says. Underscores count
/// as hyphens, as they do to servers that pass fields on in CGI's form (RFC 3875, section 4.1.18). docs/gateway.md lists them.
/// </summary>
internal static class ClientClaims
{
    private static readonly FrozenSet<string> Fields = new[]
    {
        "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-For", "X-Original-Host",
        "X-Original-Proto", "X-Original-URL", "X-Rewrite-URL", "X-Original-Method", "X-Method-Override", "X-HTTP-Method-Override",
        "X-Remote-User", "X-Authenticated-User", "X-User", "X-Client-Cert", "X-ARR-ClientCert", "X-ARR-SSL", "Client-Cert", "Client-Cert-Chain", "Proxy",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Prefixes = ["X-Forwarded-", "Remote-", "X-Auth-Request-", "X-WebAuth-", "SSL-Client-", "X-SSL-Client-"];

    public static bool Contains(string name)
    {
        // Most fields are told from claims by their first letter.
        if ((name[0] | 0x20) is not ('x' or 'f' or 't' or 'c' or 'r' or 's' or 'p'))
        {
            return false;
        }

        var canonical = name.Contains('_', StringComparison.Ordinal) ? name.Replace('_', '-') : name;
        if (Fields.Contains(canonical))
        {
            return true;
        }

        foreach (var prefix in Prefixes)
        {
            if (canonical.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
