namespace Holdfast.AspNetCore.Idempotency;

/// <summary>Finds every problem of the options at once.</summary>
internal static class IdempotencyOptionsProblems
{
    private const int MaxMaxRequestBytes = 1 << 30;
    private const int MaxMaxResponseBytes = 512 << 10;
    private const int MaxHeaders = 32;
    private static readonly TimeSpan MinWindow = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MinClaimLifetime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxClaimLifetime = TimeSpan.FromMinutes(10);

    /// <param name="options">What is checked.</param>
    /// <param name="name">What the messages call it.</param>
    public static IEnumerable<string> Of(IdempotencyOptions? options, string name)
    {
        if (options is null)
        {
            yield return $"{name} is null: leave it as it is, or give it options.";
            yield break;
        }

        if (options.MaxRequestBytes is < 0 or > MaxMaxRequestBytes)
        {
            yield return $"{name}.MaxRequestBytes is {options.MaxRequestBytes}: give it 0 to {MaxMaxRequestBytes}.";
        }

        if (options.MaxResponseBytes is < 0 or > MaxMaxResponseBytes)
        {
            yield return $"{name}.MaxResponseBytes is {options.MaxResponseBytes}: give it 0 to {MaxMaxResponseBytes}.";
        }

        if (options.Window < MinWindow || options.Window > StateLimits.MaxRequestWindow)
        {
            yield return $"{name}.Window is {options.Window}: give it {MinWindow} to {StateLimits.MaxRequestWindow}.";
        }

        if (options.ClaimLifetime < MinClaimLifetime || options.ClaimLifetime > MaxClaimLifetime)
        {
            yield return $"{name}.ClaimLifetime is {options.ClaimLifetime}: give it {MinClaimLifetime} to {MaxClaimLifetime}.";
        }

        if (options.FingerprintHeaders is not { Count: <= MaxHeaders } headers || headers.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{name}.FingerprintHeaders is null, has a blank name or over {MaxHeaders}: list the names of request headers.";
        }
    }
}
