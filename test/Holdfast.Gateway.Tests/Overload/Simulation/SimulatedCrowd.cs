using Holdfast.Gateway.Overload;
using Holdfast.Gateway.Services;

namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>
/// Clients of which each asks, waits for its answer, pauses for a moment and asks again, a gateway's admission, and instances that die and start. What an
/// instance had when it died goes to another one, or waits until there is one. One seed, one run.
/// </summary>
internal sealed class SimulatedCrowd
{
    private const double LongestPause = 0.06;
    private readonly SimulatedTime time = new();
    private readonly ServiceShape shape;
    private readonly Random random;
    private readonly Admission admission;
    private readonly List<(Task<Place?> Entry, SimulatedRequest Request)> entering = [];
    private readonly Dictionary<SimulatedRequest, (Place Place, int Sending)> inside = [];
    private readonly List<SimulatedRequest> withoutInstance = [];
    private readonly List<(SimulatedService Service, HashSet<SimulatedRequest> Requests)> instances = [];
    private int turn;

    /// <summary>Instances at rest, and clients that begin.</summary>
    /// <param name="shape">What each instance is like.</param>
    /// <param name="clients">How many there are.</param>
    /// <param name="instanceCount">How many instances.</param>
    /// <param name="seed">Decides everything that chance does.</param>
    public SimulatedCrowd(ServiceShape shape, int clients, int instanceCount, int seed)
    {
        this.shape = shape;
        random = new Random(seed);
        admission = new Admission(time);
        for (var i = 0; i < instanceCount; i++)
        {
            Start();
        }

        for (var i = 0; i < clients; i++)
        {
            time.After(random.NextDouble() * LongestPause, Ask);
        }
    }

    /// <summary>Everything that was asked.</summary>
    public List<SimulatedRequest> Requests { get; } = [];

    public int Limit => admission.Limit;

    /// <summary>Goes on for so many seconds.</summary>
    public void Run(double seconds) => time.RunUntil(time.Seconds + seconds, Settle);

    /// <summary>One more instance is ready.</summary>
    public void Start()
    {
        instances.Add((new SimulatedService(shape, time, random), []));
        Tell();
        SimulatedRequest[] waited = [.. withoutInstance];
        withoutInstance.Clear();
        Array.ForEach(waited, Send);
    }

    /// <summary>An instance dies with what it has.</summary>
    public void Kill()
    {
        var (_, requests) = instances[0];
        instances.RemoveAt(0);
        Tell();
        SimulatedRequest[] left = [.. requests.OrderBy(static one => one.CameAt)];
        Array.ForEach(left, Send);
    }

    private void Tell() => admission.Set(ServiceSettings.Default, instances.Count, instances.Count);

    private void Ask()
    {
        var request = new SimulatedRequest(time.Seconds, coming: 1);
        Requests.Add(request);
        entering.Add((admission.EnterAsync(GatewayLimits.MaxWait, default).AsTask(), request));
    }

    private void Send(SimulatedRequest request)
    {
        // What a dead instance would have answered is of an earlier sending.
        var sending = inside[request].Sending + 1;
        inside[request] = inside[request] with { Sending = sending };
        if (instances.Count == 0)
        {
            withoutInstance.Add(request);
            return;
        }

        var (service, requests) = instances[turn++ % instances.Count];
        requests.Add(request);
        service.Take(() =>
        {
            requests.Remove(request);
            if (inside.TryGetValue(request, out var now) && now.Sending == sending)
            {
                inside.Remove(request);
                request.AnsweredAt = time.Seconds;
                admission.Leave(now.Place, isAnswer: true);
                time.After(random.NextDouble() * LongestPause, Ask);
            }
        });
    }

    private void Settle()
    {
        foreach (var (entry, request) in entering.FindAll(static one => one.Entry.IsCompleted))
        {
            entering.Remove((entry, request));
            if (entry.Result is { } place)
            {
                request.EnteredAt = time.Seconds;
                inside.Add(request, (place, 0));
                Send(request);
            }
            else
            {
                request.IsRefused = true;
                time.After(random.NextDouble() * LongestPause, Ask);
            }
        }
    }
}
