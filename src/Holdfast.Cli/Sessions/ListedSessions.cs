using Holdfast.AspNetCore;

namespace Holdfast.Cli.Sessions;

/// <summary>What <c>sessions list --json</c> prints.</summary>
internal sealed record ListedSessions(string User, IReadOnlyList<SignedInSession> Sessions);
