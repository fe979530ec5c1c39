using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.Idempotency;

/// <summary>What becomes of keyed requests, in the meter <c>Holdfast.AspNetCore</c> and the log, which never tells a key.</summary>
internal sealed class IdempotencyMeter
{
    private readonly Counter<long> requests;
    private readonly ILogger logger;

    public IdempotencyMeter(IMeterFactory meters, ILogger<IdempotentRequest> logger)
    {
        this.logger = logger;
        requests = meters.Create(StateMeter.Name).CreateCounter<long>(
            "holdfast.idempotency.requests", "{request}", "Requests under an Idempotency-Key, by what became of them: outcome is claimed, taken_over, replayed, running, mismatched, full, refused or lost.");
    }

    public void Refused() => Count("refused");

    public void Replayed() => Count("replayed");

    public void Running() => Count("running");

    public void Mismatched() => Count("mismatched");

    public void Full()
    {
        logger.KeysFull();
        Count("full");
    }

    public void Claimed(bool isTakenOver)
    {
        if (isTakenOver)
        {
            logger.ClaimTakenOver();
        }

        Count(isTakenOver ? "taken_over" : "claimed");
    }

    public void Lost()
    {
        logger.ClaimLost();
        Count("lost");
    }

    private void Count(string outcome)
    {
        logger.KeyAnswered(outcome);
        requests.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
    }
}
