using Holdfast.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.AspNetCore.Tests.Idempotency;

/// <summary>
/// R14 at each moment that matters: an instance ends, as by kill -9, just before or just after any one of the request's commits. Whatever the moment,
/// the repetitions that reach another instance find or make one effect, and one response.
/// </summary>
public sealed class CrashTests
{
    private static readonly Address Orders = new("orders", "ada");
    private static readonly Address Stock = new("stock", "1~shelf");
    private static readonly Address Ledger = new("ledger", "2~book");

    /// <summary>Claim, plan, step, enlisted step, and the commit of effect and response.</summary>
    private const int Commits = 5;

    public static TheoryData<int, bool> Moments
    {
        get
        {
            var moments = new TheoryData<int, bool>();
            for (var commit = 1; commit <= Commits; commit++)
            {
                moments.Add(commit, false);
                moments.Add(commit, true);
            }

            return moments;
        }
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task An_instance_that_dies_leaves_one_effect_and_one_response(int commit, bool isMade)
    {
        var clock = new TestClock();
        await using var engine = await Engines.OpenAsync(clock);
        await using var survivor = await StartAsync(engine);
        var dying = new DyingEngine(engine);
        await using (var victim = await StartAsync(dying))
        {
            dying.DieAt(commit, isMade);
            using var client = Client(victim);
            using var lost = await client.PostAsync("/", "k");
            Assert.Equal(503, (int)lost.StatusCode);
            Assert.True(dying.IsDead);
        }

        using var other = Client(survivor);
        using (var early = await other.PostAsync("/", "k"))
        {
            // The claim was never made; or its holder may still run; or the response is there.
            Assert.Equal((commit, isMade) switch { (1, false) => 200, (Commits, true) => 200, _ => 409 }, (int)early.StatusCode);
        }

        clock.Move(IdempotencyOptions.DefaultClaimLifetime);
        var answers = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            answers.Add(await other.PostAsync("/", "k").TextAsync());
        }

        Assert.Single(answers);
        Assert.Equal(1, (await engine.ReadAsync(Orders)).Record!.Counter("n"));
        Assert.Equal(-1, (await engine.ReadAsync(Stock)).Record!.Counter("left"));
        Assert.Equal(1, (await engine.ReadAsync(Ledger)).Record!.Counter("entries"));
        Assert.Equal($"order {(await engine.ReadAsync(Orders)).Record!.Text("last")}", answers.Single());
    }

    private static Task<WebHost> StartAsync(StateEngine engine) => WebHost.StartAsync(engine, static app =>
    {
        app.UseHoldfast();
        app.MapPost("/", OrderAsync).WithIdempotency(static options => options with { Affinity = static _ => "ada" });
    });

    private static async Task OrderAsync(HttpContext context)
    {
        var (state, request) = (context.GetState(), context.GetIdempotentRequest());
        var id = await request.PlanAsync(static () => new ValueTask<string>(Guid.NewGuid().ToString("n")));
        await request.StepAsync("stock", new Commit(RecordChange.Update(Stock).Add("left", -1)));
        state.Enlist(RecordChange.Update(Ledger).Add("entries", 1));
        state.Enlist(RecordChange.Update(Orders).Add("n", 1).Set("last", id));
        await context.Response.WriteAsync($"order {id}");
    }

    private static HttpClient Client(WebHost host)
    {
        var client = WebHost.Plain();
        client.BaseAddress = host.Url;
        return client;
    }

    /// <summary>The store as a process sees it that ends at a given commit: nothing of it reaches the store any more.</summary>
    private sealed class DyingEngine(StateEngine inner) : ForwardingEngine(inner.Options)
    {
        private int left = int.MaxValue;
        private bool makesTheLast;

        public bool IsDead => Volatile.Read(ref left) <= 0;

        protected override StateEngine Inner => inner;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public void DieAt(int commit, bool isMade)
        {
            makesTheLast = isMade;
            Volatile.Write(ref left, commit);
        }

        protected override async ValueTask<CommitResult> CommitCoreAsync(Commit commit, int partition, CancellationToken cancellationToken)
        {
            var rest = Interlocked.Decrement(ref left);
            if (rest > 0)
            {
                return await inner.CommitAsync(commit, cancellationToken);
            }

            if (rest == 0 && makesTheLast)
            {
                await inner.CommitAsync(commit, cancellationToken);
            }

            throw new CommitUnknownException("The process has ended.");
        }
    }
}
