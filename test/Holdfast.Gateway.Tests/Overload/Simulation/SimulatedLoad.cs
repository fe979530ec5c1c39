using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>
/// Clients that come independently of each other (a Poisson process), a gateway's admission, and a service. One seed, one run. Who is turned
/// away may come again after a second.
/// </summary>
internal sealed class SimulatedLoad
{
    private readonly SimulatedTime time = new();
    private readonly Random arrivals;
    private readonly Random manners;
    private readonly SimulatedService service;
    private readonly List<(Task<Place?> Entry, SimulatedRequest Request)> waiting = [];
    private readonly int comings;
    private double perSecond;
    private int turn;

    /// <summary>A service at rest.</summary>
    /// <param name="shape">What it is like.</param>
    /// <param name="seed">Decides everything that chance does.</param>
    /// <param name="comings">How often a client comes at most.</param>
    public SimulatedLoad(ServiceShape shape, int seed, int comings = 1)
    {
        (arrivals, manners) = (new Random(seed), new Random(~seed));
        Shape = shape;
        this.comings = comings;
        service = new SimulatedService(shape, time, new Random(seed + 1));
        Admission = new Admission(time);
        Admission.Set(ServiceSettings.Default, 1, 1);
    }

    public ServiceShape Shape { get; }

    public Admission Admission { get; }

    /// <summary>Everything that was asked.</summary>
    public List<SimulatedRequest> Requests { get; } = [];

    public double Seconds => time.Seconds;

    /// <summary>Has clients come at so many times the service's capacity, for so many seconds. Returns what came of those who came then.</summary>
    public SimulatedOutcome Run(double timesCapacity, double seconds)
    {
        var (first, from) = (Requests.Count, time.Seconds);
        perSecond = Shape.Capacity * timesCapacity;
        turn++;
        Arrive(turn);
        time.RunUntil(from + seconds, Settle);
        return new SimulatedOutcome(Requests, first, from, time.Seconds);
    }

    private void Arrive(int arriving)
    {
        if (perSecond > 0)
        {
            time.After(-Math.Log(1 - arrivals.NextDouble()) / perSecond, () =>
            {
                if (turn == arriving)
                {
                    Come(1);
                    Arrive(arriving);
                }
            });
        }
    }

    private void Come(int coming)
    {
        var request = new SimulatedRequest(time.Seconds, coming);
        Requests.Add(request);
        waiting.Add((Admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask(), request));
    }

    /// <summary>Takes note of who was let in or turned away by what has just happened.</summary>
    private void Settle()
    {
        for (var i = 0; i < waiting.Count;)
        {
            var (entry, request) = waiting[i];
            if (!entry.IsCompleted)
            {
                i++;
                continue;
            }

            waiting.RemoveAt(i);
            if (entry.Result is { } place)
            {
                request.EnteredAt = time.Seconds;
                service.Take(() =>
                {
                    request.AnsweredAt = time.Seconds;
                    Admission.Leave(place, isAnswer: true);
                });
            }
            else
            {
                request.IsRefused = true;
                if (request.Coming < comings)
                {
                    time.After(1 + (manners.NextDouble() * 0.1), () => Come(request.Coming + 1));
                }
            }
        }
    }
}
