using Holdfast.Cli.Prove.Instances;
using Holdfast.Cli.Prove.Scenarios;

namespace Holdfast.Cli.Prove.Browsing;

/// <summary>
/// One user of the application: keeps cookies, follows redirects, and carries the hidden inputs of forms along. Each
/// exchange may go to another instance, as behind a gateway.
/// </summary>
/// <param name="unique">The user's unique value.</param>
/// <param name="instances">All instances, one of which an answer may name.</param>
/// <param name="endless">Answers that don't end, as all users have seen.</param>
/// <param name="clock">By which cookies may be over.</param>
internal sealed class Browser(string unique, IReadOnlyList<Instance> instances, EndlessAnswers endless, TimeProvider clock)
{
    /// <summary>Most redirects that are followed (the Fetch standard's limit).</summary>
    public const int MaxRedirects = 20;

    private readonly Lock access = new();
    private readonly Dictionary<string, CapturedValue> values = new() { [Template.Unique] = new CapturedValue(unique) };
    private readonly CookieJar jar = new();
    private readonly PageMemory pages = new();

    /// <summary>Whether the user keeps the cookies that they have, whatever an answer sets under their names.</summary>
    public bool KeepsCookies { get; set; }

    /// <summary>The values that steps have captured so far, and the unique one.</summary>
    public IReadOnlyDictionary<string, CapturedValue> Values => values;

    /// <summary>Gives a name a value that no answer had; used where the step that captures it is left out.</summary>
    public void Assume(string name, CapturedValue value) => values.TryAdd(name, value);

    /// <summary>Takes the step: sends its request, follows, captures.</summary>
    /// <param name="step">The step; it is not sent when nothing is known that one of its names stands for.</param>
    /// <param name="route">The instance for each exchange, from 0.</param>
    /// <param name="cancellationToken">Ends the wait for answers.</param>
    public async Task<Answer> TakeAsync(Step step, Func<int, ValueTask<Instance>> route, CancellationToken cancellationToken)
    {
        var instance = await route(0);
        if (step.Names.FirstOrDefault(name => !values.ContainsKey(name)) is { } missing)
        {
            return new Answer([new Hop { Instance = instance.Number, Method = step.Method, Target = $"{step.Path}", Failure = $"not sent: {{{{{missing}}}}} was not captured" }]);
        }

        var hops = new List<Hop>();
        var next = new Outgoing(step.Method, StepRequest.TargetOf(step, values), step, pages);
        while (true)
        {
            var hop = await SendAsync(next, instance, cancellationToken);
            hops.Add(hop);
            if (hops.Count > MaxRedirects || hop.Redirect is not { } redirect)
            {
                break;
            }

            instance = redirect.Named ?? await route(hops.Count);
            next = next.Redirected(hop.Status, redirect.Target);
        }

        lock (access)
        {
            foreach (var capture in step.Captures)
            {
                if (CaptureReader.Read(capture, hops[^1], jar) is { } value)
                {
                    values[capture.Name] = value;
                }
            }
        }

        return new Answer(hops);
    }

    private async Task<Hop> SendAsync(Outgoing outgoing, Instance instance, CancellationToken cancellationToken)
    {
        IReadOnlyList<Cookie> sent;
        lock (access)
        {
            sent = jar.For(outgoing.Target.Split('?')[0]);
        }

        using var request = outgoing.Message(instance, values, sent);
        var hop = await Exchange.MakeAsync(
            instance, request, new Hop { Instance = instance.Number, Method = outgoing.Method, Target = outgoing.Target, Sent = sent }, endless, clock, cancellationToken);
        hop = hop with { Redirect = Redirect.Of(hop, instance, instances) };
        lock (access)
        {
            foreach (var cookie in hop.Set.Where(cookie => !KeepsCookies || jar.ValueOf(cookie.Name) is null))
            {
                jar.Take(cookie);
            }

            pages.Take(outgoing.Target, hop.Body);
        }

        return hop;
    }
}
