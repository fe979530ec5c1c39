using System.Net.Http.Json;
using Holdfast.Cli.Prove.Instances;

namespace Holdfast.Cli.Tests.Prove.Simulated;

/// <summary>A copy of a simulated application.</summary>
internal sealed class SimulatedInstance : LaunchedInstance
{
    private const double StartMilliseconds = 200;
    private const double StopMilliseconds = 20;
    private const double HopMilliseconds = 1;

    private readonly SimulatedMachine machine;
    private readonly Func<SimulatedProcess> start;
    private SimulatedProcess? process;

    public SimulatedInstance(int number, SimulatedMachine machine, Func<SimulatedProcess> start)
        : base(number)
    {
        (this.machine, this.start) = (machine, start);
        Client = new HttpMessageInvoker(new Handler(this));
    }

    public override Uri Address => new($"http://instance-{Number}");

    public override HttpMessageInvoker Client { get; }

    public override string Health => "/";

    public override bool IsRunning => process is not null;

    public override Task<TimeSpan> StartAsync(CancellationToken cancellationToken)
    {
        var began = machine.Now;
        machine.Work(StartMilliseconds);
        process = start();
        machine.Work(StartMilliseconds / 2);
        return Task.FromResult(machine.Now - began);
    }

    public override Task<TimeSpan> StopAsync()
    {
        var began = machine.Now;
        if (process is not null)
        {
            machine.Work(StopMilliseconds);
            process.Stop();
            process = null;
        }

        return Task.FromResult(machine.Now - began);
    }

    public override Task KillAsync()
    {
        machine.Work(HopMilliseconds);
        process?.Kill();
        process = null;
        return Task.CompletedTask;
    }

    public override void LeaveFolder()
    {
        // It keeps nothing there.
    }

    /// <summary>Nobody is answered while it ends.</summary>
    public override HttpMessageInvoker CreateProbe() => new(new Refusal());

    public override ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Handler(SimulatedInstance instance) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            instance.machine.Work(HopMilliseconds);
            var (status, json) = instance.process!.Answer(request.Method.Method, request.RequestUri!.AbsolutePath, body);
            instance.machine.Work(HopMilliseconds);
            return new HttpResponseMessage(status) { Content = JsonContent.Create(json) };
        }
    }

    private sealed class Refusal : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new HttpRequestException(HttpRequestError.ConnectionError);
    }
}
