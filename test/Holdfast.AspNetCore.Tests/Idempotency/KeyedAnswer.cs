namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>What somebody was answered who gave a key.</summary>
/// <param name="Text">The content.</param>
/// <param name="Cookie">The cookie that tells what it was shown, as clients send it.</param>
internal sealed record KeyedAnswer(string Text, string Cookie);
