using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.AspNetCore.Idempotency;

namespace Holdfast.AspNetCore;

/// <summary>
/// A request to an idempotent endpoint, as its handler sees it. A handler whose instance dies may run again; what it commits as steps takes
/// effect once, and what it plans stays as it was. Get it with <c>HttpContext.GetIdempotentRequest()</c>. Not safe for concurrent use.
/// </summary>
public sealed class IdempotentRequest
{
    /// <summary>The largest plan, in bytes of JSON. 256 KiB.</summary>
    public const int MaxPlanBytes = 256 << 10;

    private const string StepPrefix = "step:";
    private const int IdBytes = 18;

    private readonly RequestState state;
    private readonly Claim? claim;
    private bool isPlanned;

    internal IdempotentRequest(RequestState state, Claim? claim)
    {
        (this.state, this.claim) = (state, claim);
        Id = claim?.Id ?? state.Engine.Options.Entropy.NextText(IdBytes);
    }

    /// <summary>
    /// Names the request, the same each time that it is run, and tells nothing of its key: for other systems that take a key of the caller's. At most 64
    /// characters of base64url, <c>~</c> and <c>.</c>.
    /// </summary>
    public string Id { get; }

    /// <summary>Whether the client sent a key. Without one, where that is allowed, nothing is remembered, and plans and steps are as new.</summary>
    public bool HasKey => claim is not null;

    /// <summary>Whether an earlier run ended without a response, so that its steps, or some of them, may have been made.</summary>
    public bool IsRepeated => claim?.IsRepeated == true;

    /// <summary>
    /// Makes the plan, once: what the handler reads and the ids it chooses, before any effect. It is stored with the key, in one round trip, and when the
    /// request is run again the stored plan is returned, instead of another that sees the first run's effects.
    /// </summary>
    /// <param name="make">Makes it; not called when there is one.</param>
    /// <param name="type">How it is written as JSON; null for reflection.</param>
    /// <returns>The plan as it was stored: what does not survive JSON is missing the first time too.</returns>
    /// <exception cref="InvalidOperationException">The request has a plan already, or is just making it.</exception>
    /// <exception cref="StateLimitException">It is over <see cref="MaxPlanBytes"/>.</exception>
    /// <exception cref="StateException">It could not be stored, and may be made again. Unhandled, the client is answered 503, and a repetition runs the request.</exception>
    public async ValueTask<T> PlanAsync<T>(Func<ValueTask<T>> make, JsonTypeInfo<T>? type = null)
    {
        ArgumentNullException.ThrowIfNull(make);
        if (isPlanned)
        {
            throw new InvalidOperationException("A request has one plan: put all of it into one.");
        }

        isPlanned = true;
        try
        {
            type ??= (JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T));
            var plan = claim?.Plan ?? await MakeAsync(make, type);
            return JsonSerializer.Deserialize(plan.Span, type)!;
        }
        catch
        {
            isPlanned = false;
            throw;
        }
    }

    /// <summary>
    /// Makes a commit under the request's id and this name: it takes effect once, however often the request is run, and later runs get the first one's
    /// result. For effects in other partitions that must be made, or refused, before the request's own commit; those that can go with it are
    /// enlisted (<see cref="RequestState.Enlist(RecordChange)"/>).
    /// </summary>
    /// <param name="name">The step, unique in the request. Up to 250 bytes of UTF-8.</param>
    /// <param name="commit">The commit, without a request id of its own.</param>
    /// <param name="cancellationToken">Ends the call; whether the commit was made is then open.</param>
    /// <exception cref="ArgumentException">The commit has a request id.</exception>
    /// <exception cref="StateException">It can't be made. Unhandled, the client is answered 503, and a repetition runs the request.</exception>
    public async ValueTask<CommitResult> StepAsync(string name, Commit commit, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(commit);
        if (commit.Request is not null)
        {
            throw new ArgumentException("A step has the request's id: leave Commit.Request empty.", nameof(commit));
        }

        if (claim is not null)
        {
            await claim.MakeStepRoomAsync();
        }

        var id = claim is null ? new RequestId(Id, StepPrefix + name) : claim.Step(StepPrefix + name);
        var isFenced = claim is not null && state.Engine.Partitions.PartitionOf(commit.Changes.Count > 0 ? commit.Changes[0].Address.Affinity : commit.Affinity) == claim.Place.Partition;
        var step = new Commit(isFenced ? [.. commit.Changes, claim!.Fence] : commit.Changes)
        {
            Events = commit.Events, Affinity = commit.Affinity, Durability = commit.Durability, Request = id,
        };
        var result = await state.CommitAsync(step, cancellationToken);
        if (result.Refusal?.Change == commit.Changes.Count)
        {
            throw claim!.Lost();
        }

        claim?.Wrote(result.At);
        return isFenced && result.IsCommitted
            ? new CommitResult(result.At, [.. result.Records.Take(commit.Changes.Count)], result.IsReplay)
            : result;
    }

    private async ValueTask<ReadOnlyMemory<byte>> MakeAsync<T>(Func<ValueTask<T>> make, JsonTypeInfo<T> type)
    {
        var plan = JsonSerializer.SerializeToUtf8Bytes(await make(), type);
        if (plan.Length > MaxPlanBytes)
        {
            throw new StateLimitException($"A plan has at most {MaxPlanBytes} bytes of JSON, not {plan.Length}: store ids of what is large, not what is large.");
        }

        if (claim is not null)
        {
            await claim.StoreAsync(plan);
        }

        return plan;
    }
}
