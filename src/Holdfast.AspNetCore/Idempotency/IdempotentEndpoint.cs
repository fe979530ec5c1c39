using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>
/// Runs an endpoint's keyed requests, after authentication and authorization and before model binding. (1) The key is read, and (2) the whole
/// body, for the fingerprint. (3) The key is claimed, in the principal's scope. (4) Whoever has the claim runs the endpoint, with the
/// response held back; the request's commit stores it and gives the claim up. Everybody else is answered from the key's record.
/// </summary>
internal sealed class IdempotentEndpoint(
    RequestDelegate endpoint, IdempotencyOptions options, KeyScope scope, Claims claims, StoredCookies cookies, IdempotencyMeter meter)
{
    public IdempotencyOptions Options => options;

    /// <summary>What every response announces.</summary>
    public string Support { get; } = IdempotencySupport.Of(options);

    /// <summary>
    /// Whether the request is a keyed one. Those of the safe methods (RFC 9110, 9.2.1; QUERY of the draft) change nothing, and CONNECT has no response to
    /// store: they pass, key or not. So does an error page, to which the key does not belong.
    /// </summary>
    public static bool IsKeyed(HttpContext context) => IsKeyed(context.Request.Method) && !IsRunAgain(context);

    private static bool IsKeyed(string method) =>
        !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method) && !HttpMethods.IsTrace(method)
        && !HttpMethods.IsConnect(method) && !HttpMethods.Equals(method, "QUERY");

    /// <summary>
    /// Whether the pipeline is run once more for a request that was made already: with another path, but its method and key. A claim
    /// that was taken then would be given back by nobody.
    /// </summary>
    private static bool IsRunAgain(HttpContext context) =>
        context.Features.Get<IExceptionHandlerFeature>() is not null || context.Features.Get<IStatusCodeReExecuteFeature>() is not null
        || context.Features.Get<RequestState>() is { HasLeft: true };

    /// <summary>Makes sure that a request that declares idempotency has it.</summary>
    /// <exception cref="InvalidOperationException">Holdfast is not there to see to it.</exception>
    public static void DemandAt(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IdempotentEndpoint>() is null)
        {
            throw new InvalidOperationException(
                "This endpoint is to be idempotent, but Holdfast does not know of it: call builder.AddHoldfast() and app.UseHoldfast().");
        }
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (!IsKeyed(context))
        {
            await endpoint(context);
            return;
        }

        var state = context.GetState();
        var header = context.Request.Headers[IdempotencyKey.HeaderName];
        if (header.Count == 0 && !options.Required)
        {
            context.Features.Set(new IdempotentRequest(state, null));
            await endpoint(context);
        }
        else if (header.Count == 0)
        {
            meter.Refused();
            await KeyProblem.MissingAsync(context);
        }
        else if (!IdempotencyKey.TryRead(header, options.AcceptUnquotedKeys, out var key, out var problem))
        {
            meter.Refused();
            await KeyProblem.InvalidAsync(context, problem);
        }
        else if (await FingerprintAsync(context) is not { } fingerprint)
        {
            meter.Refused();
            await KeyProblem.TooLargeAsync(context, options.MaxRequestBytes);
        }
        else
        {
            await AnswerAsync(context, state, await claims.TakeAsync(state.Calls, await scope.FindAsync(context, state, key), fingerprint, options));
        }
    }

    private ValueTask<string?> FingerprintAsync(HttpContext context) =>
        context.Request.ContentLength > options.MaxRequestBytes ? new((string?)null) : RequestFingerprint.OfAsync(context, options);

    private Task AnswerAsync(HttpContext context, RequestState state, ClaimAnswer answer)
    {
        switch (answer)
        {
            case ClaimAnswer.Taken taken:
                meter.Claimed(taken.Claim.IsRepeated);
                return RunAsync(context, state, taken.Claim);
            case ClaimAnswer.Finished finished:
                meter.Replayed();
                return state.ReplayAsync(finished, cookies);
            case ClaimAnswer.OtherRequest:
                meter.Mismatched();
                return KeyProblem.OtherRequestAsync(context);
            case ClaimAnswer.Full full:
                meter.Full();
                return KeyProblem.FullAsync(context, full.RetryAfterSeconds);
            default:
                meter.Running();
                return KeyProblem.RunningAsync(context);
        }
    }

    private async Task RunAsync(HttpContext context, RequestState state, Claim claim)
    {
        if (!state.TryRun(claim, new ResponseCapture(context.Response, state.ArrivedSession, cookies, options.MaxResponseBytes)))
        {
            await claim.DisposeAsync();
            throw new InvalidOperationException(
                "The response has begun, or failed, ahead of this idempotent endpoint, so that it can't be stored: send nothing before the endpoint runs.");
        }

        context.Features.Set(new IdempotentRequest(state, claim));
        await endpoint(context);
    }
}
