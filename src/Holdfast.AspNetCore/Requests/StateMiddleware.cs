using Holdfast.AspNetCore.Idempotency;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.AspNetCore.Requests;

/// <summary>
/// Gives a request its state and session, and makes its one commit: ahead of the first byte of the response, or after
/// the handler. An unhandled exception commits nothing.
/// </summary>
internal sealed class StateMiddleware(RequestDelegate next, StateServices services, IdempotentEndpoints idempotent, IdempotencyBuild build)
{
    private readonly LoadingHabit habit = new();

    public Task InvokeAsync(HttpContext context) =>
        context.Features.Get<RequestState>() is null ? WithStateAsync(context) : next(context);

    private async Task WithStateAsync(HttpContext context)
    {
        var features = context.Features;
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        var body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var outerSession = features.Get<ISessionFeature>();
        build.Answer(context.Request, response.Headers);
        var headersBefore = response.Headers.Count == 0 ? [] : response.Headers.ToArray();
        var state = new RequestState(context, services);
        using var gate = new ResponseGate(features, services.Options.ResponseBufferBytes, state.CommitRequestAsync);
        state.Gate = gate;
        idempotent.Enter(context, response);
        features.Set(state);
        features.Set<ISessionFeature>(new RequestSessionFeature(state.Session));
        features.Set<IHttpResponseFeature>(gate);
        features.Set<IHttpResponseBodyFeature>(gate);
        GateUpgrades(features, gate);

        StateException? fault;
        try
        {
            fault = await RunAsync(context, state, gate);
        }
        finally
        {
            await state.LeaveAsync();
            services.Meter.RequestEnded(state.Calls);
            features.Set(response);
            features.Set(body);
            features.Set(outerSession);
        }

        if (fault is not null)
        {
            await FaultAnswer.WriteAsync(context, state, fault, headersBefore);
        }
    }

    /// <summary>Runs the handler and opens the gate. Returns the fault that the client is to be told of in the handler's stead.</summary>
    private async Task<StateException?> RunAsync(HttpContext context, RequestState state, ResponseGate gate)
    {
        var endpoint = context.GetEndpoint();
        try
        {
            await LoadByHabitAsync(endpoint, state, context.RequestAborted);
            await next(context);
            await gate.OpenAsync();
            habit.Learn(endpoint, state.Session.WasUsed);
            return null;
        }
        catch (Exception exception) when (!gate.IsOpen)
        {
            state.Session.Abandon();
            gate.Abandon();
            if ((gate.Failure ?? exception) is not StateException fault)
            {
                throw;
            }

            Tell(fault, isOfCommit: gate.Failure is not null);
            return fault;
        }
    }

    private void Tell(StateException fault, bool isOfCommit)
    {
        if (fault is RequestConflictException or SessionLimitException)
        {
            services.Logger.Conflict(fault.Message);
        }
        else if (isOfCommit)
        {
            services.Meter.CommitFailed();
            services.Logger.CommitFailed(FaultAnswer.StatusCodeOf(fault), fault);
        }
        else
        {
            services.Logger.StateFailed(FaultAnswer.StatusCodeOf(fault), fault);
        }
    }

    private async ValueTask LoadByHabitAsync(Endpoint? endpoint, RequestState state, CancellationToken cancellationToken)
    {
        if (state.Session.IsLoaded || !habit.Expects(endpoint, state.Session.TakesTurn))
        {
            return;
        }

        try
        {
            await state.Session.ReadAsync(cancellationToken);
        }
        catch (StateException)
        {
            // The session remembers it, and tells it if the handler asks.
        }
    }

    private static void GateUpgrades(IFeatureCollection features, ResponseGate gate)
    {
        if (features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
        {
            features.Set<IHttpUpgradeFeature>(new GatedUpgrade(upgrade, gate));
        }

        if (features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            features.Set<IHttpExtendedConnectFeature>(new GatedConnect(connect, gate));
        }

        if (features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true } webSocket)
        {
            features.Set<IHttpWebSocketFeature>(new GatedWebSocket(webSocket, gate));
        }
    }

    private sealed class RequestSessionFeature(ISession session) : ISessionFeature
    {
        public ISession Session { get; set; } = session;
    }
}
