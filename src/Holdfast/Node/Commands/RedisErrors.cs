namespace Holdfast.Node;

/// <summary>Errors in Redis's words.</summary>
internal static class RedisErrors
{
    public const string Syntax = "ERR syntax error";
    public const string NotAnInteger = "ERR value is not an integer or out of range";
    public const string WrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";

    public static string WrongArity(string command) => $"ERR wrong number of arguments for '{command}' command";

    public static string InvalidExpiry(string command) => $"ERR invalid expire time in '{command}' command";
}
