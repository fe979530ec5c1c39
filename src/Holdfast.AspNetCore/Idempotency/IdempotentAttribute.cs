using Holdfast.AspNetCore.Idempotency;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Holdfast.AspNetCore;

/// <summary>
/// Has the POST, PATCH, PUT and DELETE requests of this controller, action, page model or handler take effect once for each <c>Idempotency-Key</c>. What is
/// not set here is as <see cref="HoldfastOptions.Idempotency"/> or the route's <c>WithIdempotency</c> says.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class IdempotentAttribute : Attribute, IIdempotencyMetadata, IResourceFilter
{
    private bool? required;
    private int? maxRequestBytes;
    private int? maxResponseBytes;

    /// <summary>As <see cref="IdempotencyOptions.Required"/>.</summary>
    public bool Required
    {
        get => required ?? true;
        set => required = value;
    }

    /// <summary>As <see cref="IdempotencyOptions.MaxRequestBytes"/>.</summary>
    public int MaxRequestBytes
    {
        get => maxRequestBytes ?? IdempotencyOptions.DefaultMaxRequestBytes;
        set => maxRequestBytes = value;
    }

    /// <summary>As <see cref="IdempotencyOptions.MaxResponseBytes"/>.</summary>
    public int MaxResponseBytes
    {
        get => maxResponseBytes ?? IdempotencyOptions.DefaultMaxResponseBytes;
        set => maxResponseBytes = value;
    }

    bool IIdempotencyMetadata.IsOnHandler => true;

    IdempotencyOptions IIdempotencyMetadata.Over(IdempotencyOptions options) => options with
    {
        Required = required ?? options.Required,
        MaxRequestBytes = maxRequestBytes ?? options.MaxRequestBytes,
        MaxResponseBytes = maxResponseBytes ?? options.MaxResponseBytes,
    };

    void IResourceFilter.OnResourceExecuting(ResourceExecutingContext context) => IdempotentEndpoint.DemandAt(context.HttpContext);

    void IResourceFilter.OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
