namespace Holdfast.Cli.Sessions;

/// <summary>What <c>sessions end --json</c> prints.</summary>
internal sealed record EndedSessions(int Ended);
