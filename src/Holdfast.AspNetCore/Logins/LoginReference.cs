namespace Holdfast.AspNetCore.Logins;

/// <summary>One signing in of a user, from then until it ends: under however many ids its session goes, or without one.</summary>
/// <param name="User">The user's id, as the application has it.</param>
/// <param name="Id">Tells the user's logins apart. No secret: it signs nobody in.</param>
internal readonly record struct LoginReference(string User, string Id);
