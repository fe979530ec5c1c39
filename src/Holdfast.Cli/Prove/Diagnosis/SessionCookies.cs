using System.Text.RegularExpressions;

namespace Holdfast.Cli.Prove.Diagnosis;

/// <summary>The cookies by which frameworks name a session that the server keeps.</summary>
internal static partial class SessionCookies
{
    /// <summary>The stack whose session cookie has the name; null for any other cookie.</summary>
    public static Stack? StackOf(string name) => name switch
    {
        "connect.sid" or "koa.sess.id" => Stack.Node,
        "JSESSIONID" or "SESSION" => Stack.Java,
        "PHPSESSID" or "laravel_session" or "ci_session" => Stack.Php,
        "ASP.NET_SessionId" => Stack.AspNet,
        "sessionid" => Stack.Django,
        "rack.session" => Stack.Rails,
        _ when name.StartsWith(".AspNetCore.Session", StringComparison.Ordinal) => Stack.AspNetCore,
        _ when Common().IsMatch(name) => Stack.Unknown,
        _ => null,
    };

    /// <summary>What a cookie of any purpose, or a header, tells of the stack.</summary>
    public static Stack StackOf(IEnumerable<string> cookies, IEnumerable<KeyValuePair<string, string>> headers)
    {
        foreach (var name in cookies)
        {
            if (StackOf(name) is { } stack and not Stack.Unknown)
            {
                return stack;
            }

            if (name.StartsWith(".AspNetCore.", StringComparison.Ordinal))
            {
                return Stack.AspNetCore;
            }
        }

        foreach (var (name, value) in headers)
        {
            var stack = (name, value) switch
            {
                ("server", "Kestrel") => Stack.AspNetCore,
                ("x-powered-by", "Express" or "Next.js") => Stack.Node,
                ("x-powered-by", _) when value.StartsWith("PHP", StringComparison.Ordinal) => Stack.Php,
                ("x-powered-by", _) when value.StartsWith("ASP.NET", StringComparison.Ordinal) => Stack.AspNet,
                ("server", _) when value.StartsWith("Werkzeug", StringComparison.Ordinal) => Stack.Flask,
                ("server", _) when value.StartsWith("WSGIServer", StringComparison.Ordinal) => Stack.Django,
                _ => Stack.Unknown,
            };
            if (stack != Stack.Unknown)
            {
                return stack;
            }
        }

        return Stack.Unknown;
    }

    [GeneratedRegex("^(sid|session_?id|sessid|_session_id)$", RegexOptions.IgnoreCase)]
    private static partial Regex Common();
}
