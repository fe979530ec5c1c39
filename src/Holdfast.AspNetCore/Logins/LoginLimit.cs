namespace Holdfast.AspNetCore.Logins;

/// <summary>How many logins a user may have, and what happens to one more.</summary>
internal readonly record struct LoginLimit(int Count, SessionLimitRule Rule);
