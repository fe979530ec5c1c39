using System.Buffers;
using Holdfast.AspNetCore.Cookies;
using Holdfast.AspNetCore.Idempotency;
using Microsoft.Extensions.Options;

namespace Holdfast.AspNetCore;

/// <summary>Finds every problem of the options at once.</summary>
internal sealed class HoldfastOptionsValidation : IValidateOptions<HoldfastOptions>
{
    private const int MaxResponseBufferBytes = 16 << 20;

    /// <summary>A sixteenth of the half that is common, which an instance lets in at a time, has room for a request with the largest response and its steps.</summary>
    private const long MinIdempotencyBytes = 32L << 20;

    private const int MaxCookieNameLength = 64;
    private const int MinCookieSessionBytes = 100;

    /// <summary>All of a user's sign-ins stand in one record.</summary>
    private const int MaxSessionsPerUser = 500;

    private static readonly TimeSpan MinIdleTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxAbsoluteTimeout = TimeSpan.FromDays(365);
    private static readonly SearchValues<char> OfCookieName =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    public ValidateOptionsResult Validate(string? name, HoldfastOptions options)
    {
        var problems = ProblemsOf(options).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> ProblemsOf(HoldfastOptions options) =>
        OwnProblemsOf(options).Concat(IdempotencyOptionsProblems.Of(options.Idempotency, "HoldfastOptions.Idempotency"));

    private static IEnumerable<string> OwnProblemsOf(HoldfastOptions options)
    {
        if (options.State is { } state && string.IsNullOrWhiteSpace(state))
        {
            yield return "HoldfastOptions.State is blank: name a store, or leave it null for the configuration's HOLDFAST_STATE.";
        }

        if (options.Engine is null)
        {
            yield return "HoldfastOptions.Engine is null: leave it as it is, or give it options.";
        }

        if (options.SessionAbsoluteTimeout > MaxAbsoluteTimeout || options.SessionAbsoluteTimeout < MinIdleTimeout)
        {
            yield return $"HoldfastOptions.SessionAbsoluteTimeout is {options.SessionAbsoluteTimeout}: give it {MinIdleTimeout} to {MaxAbsoluteTimeout}.";
        }

        if (options.SessionIdleTimeout < MinIdleTimeout || options.SessionIdleTimeout > options.SessionAbsoluteTimeout)
        {
            yield return $"HoldfastOptions.SessionIdleTimeout is {options.SessionIdleTimeout}: give it {MinIdleTimeout} to the absolute timeout, {options.SessionAbsoluteTimeout}.";
        }

        foreach (var problem in ProblemsOfSignIn(options))
        {
            yield return problem;
        }

        if (options.CookieName is not { Length: > 0 and <= MaxCookieNameLength } cookie || cookie.AsSpan().ContainsAnyExcept(OfCookieName))
        {
            yield return $"HoldfastOptions.CookieName is '{options.CookieName}': give it 1 to {MaxCookieNameLength} letters, digits, '.', '_' or '-'.";
        }

        if (!Enum.IsDefined(options.SessionConcurrency))
        {
            yield return $"HoldfastOptions.SessionConcurrency is {options.SessionConcurrency}: give it Merge, Detect or Serialize.";
        }

        if (!Enum.IsDefined(options.SessionTransport))
        {
            yield return $"HoldfastOptions.SessionTransport is {options.SessionTransport}: give it Cookie or Header.";
        }

        if (!Enum.IsDefined(options.SessionStorage))
        {
            yield return $"HoldfastOptions.SessionStorage is {options.SessionStorage}: give it Store or Cookie.";
        }

        if (options.CookieSessionMaxBytes is < MinCookieSessionBytes or > HeldFormat.MaxBytes)
        {
            yield return $"HoldfastOptions.CookieSessionMaxBytes is {options.CookieSessionMaxBytes}: give it {MinCookieSessionBytes} to {HeldFormat.MaxBytes}, for which a cookie has room.";
        }

        if (options.ResponseBufferBytes is < 0 or > MaxResponseBufferBytes)
        {
            yield return $"HoldfastOptions.ResponseBufferBytes is {options.ResponseBufferBytes}: give it 0 to {MaxResponseBufferBytes}.";
        }

        if (options.MaxIdempotencyBytes < MinIdempotencyBytes)
        {
            yield return $"HoldfastOptions.MaxIdempotencyBytes is {options.MaxIdempotencyBytes}: give it at least {MinIdempotencyBytes}.";
        }
    }

    private static IEnumerable<string> ProblemsOfSignIn(HoldfastOptions options)
    {
        if (options.SignInAbsoluteTimeout > MaxAbsoluteTimeout || options.SignInAbsoluteTimeout < MinIdleTimeout)
        {
            yield return $"HoldfastOptions.SignInAbsoluteTimeout is {options.SignInAbsoluteTimeout}: give it {MinIdleTimeout} to {MaxAbsoluteTimeout}.";
        }

        if (options.MaxSessionsPerUser is < 1 or > MaxSessionsPerUser)
        {
            yield return $"HoldfastOptions.MaxSessionsPerUser is {options.MaxSessionsPerUser}: give it 1 to {MaxSessionsPerUser}.";
        }

        if (!Enum.IsDefined(options.SessionLimitRule))
        {
            yield return $"HoldfastOptions.SessionLimitRule is {options.SessionLimitRule}: give it EndOldest or RefuseNew.";
        }

        if (options.UserId is null)
        {
            yield return "HoldfastOptions.UserId is null: leave it as it is, or give it a function that tells a principal's id.";
        }
    }
}
