using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Holdfast.AspNetCore.Engine;

/// <summary>
/// Whether the store answers, as the health check <c>holdfast</c>: it asks for the moments of partitions all over the store, so that of a
/// cluster every primary is asked. What keeps the store from answering is told, and passes by itself, as the engine keeps trying.
/// </summary>
/// <remarks>
/// A store that is away makes an instance degraded, which is answered with 200, and not unhealthy: all instances have the same store, and
/// whoever takes those out that report a failure would take out all of them, with what they can serve without it.
/// </remarks>
internal sealed class EngineHealth(StateEngine engine) : IHealthCheck
{
    public const string Name = "holdfast";

    private const int MostAsked = 16;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, engine.Options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var step = Math.Max(1, engine.Partitions.Count / MostAsked);
        Task[] asked = [];
        try
        {
            asked = [.. Enumerable.Range(0, engine.Partitions.Count / step).Select(part => engine.ReadHeadAsync(part * step, either.Token).AsTask())];
            await Task.WhenAll(asked);
            return HealthCheckResult.Healthy($"{engine.Capabilities.Name} answers.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What is in its way ends a call only when the engine gives it up, which is later.
            var trouble = engine.TroubleOf(Array.FindIndex(asked, static read => !read.IsCompletedSuccessfully) * step);
            return Failed(context, $"{engine.Capabilities.Name} does not answer within {AnswerTimeout.TotalSeconds:0} s. {trouble?.Message}".TrimEnd(), trouble);
        }
        catch (StateException fault)
        {
            return Failed(context, fault.Message, fault);
        }
    }

    private static HealthCheckResult Failed(HealthCheckContext context, string problem, Exception? fault) =>
        new(context.Registration.FailureStatus, $"{problem} The engine keeps trying.", fault);
}
