namespace Holdfast.Redis;

/// <summary>
/// Where a scan of a server stands. Redis draws the seed of its hash anew in each process, so a cursor means other places in
/// another one: there the scan begins anew.
/// </summary>
/// <param name="RunId">The server process that gave the position.</param>
/// <param name="Position">What that process goes on from; <c>0</c> at the start and again at the end.</param>
internal readonly record struct ScanCursor(string RunId, string Position)
{
    private const string Outset = "0";

    /// <summary>Before the first page.</summary>
    public static readonly ScanCursor Start = new("", Outset);

    /// <summary>Whether, in a page, there is none after it.</summary>
    public bool IsEnd => Position == Outset;

    /// <summary>What this server goes on from.</summary>
    public string PositionAt(ServerProfile server) => server.RunId == RunId ? Position : Outset;
}
