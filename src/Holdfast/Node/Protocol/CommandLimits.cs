namespace Holdfast.Node;

/// <summary>How large a command may be. Those who have not authenticated get much less.</summary>
internal readonly record struct CommandLimits(int MaxArguments, int MaxArgumentBytes, int MaxCommandBytes, bool IsAuthenticated)
{
    /// <summary>Before AUTH: what HELLO and AUTH need, as Redis has it.</summary>
    public static readonly CommandLimits Unauthenticated = new(10, 16 << 10, 192 << 10, false);

    /// <summary>Twice the largest commit, so that it is the engine that tells which of its limits was passed.</summary>
    public static readonly CommandLimits Authenticated = new(64 << 10, 8 << 20, 8 << 20, true);
}
