using Holdfast.TestServers;

namespace Holdfast.Tests.Registry;

/// <summary>Two services whose routes change places.</summary>
public sealed class DeclaringAsOneTests : IAsyncLifetime
{
    private const string Here = "api: /one, web: /two";
    private const string There = "api: /two, web: /one";
    private static readonly ServiceDeclaration[] AreHere = [new("api", ["/one"], "/"), new("web", ["/two"], "/") { Settings = new Dictionary<string, string> { ["queue"] = "7" } }];
    private static readonly ServiceDeclaration[] AreThere = [new("api", ["/two"], "/") { Settings = new Dictionary<string, string> { ["queue"] = "8" } }, new("web", ["/one"], "/")];

    private RedisServer store = null!;
    private StateEngine engine = null!;
    private ServiceRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        store = await RedisServer.StartAsync();
        engine = await RedisEngine.OpenAsync(store.ConnectionString, PatientOptions.Default);
        registry = new ServiceRegistry(engine);
        await registry.DeclareAsync(AreHere);
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task They_have_changed_at_each_moment_or_they_have_not()
    {
        var seen = new List<string>();
        var observed = new ObservedEngine(engine) { BeforeCommit = async () => seen.Add(await ShownAsync()) };

        await new ServiceRegistry(observed).DeclareAsync(AreThere);

        Assert.Equal([Here, There], seen.Distinct());
        Assert.Equal(There, await ShownAsync());
        await AssertSettledAsync(AreThere);
    }

    [Fact]
    public async Task Who_fails_on_the_way_begins_again_or_goes_back_and_they_change_as_one_all_the_same()
    {
        var (turn, commits) = (0, 0);
        while (commits >= turn)
        {
            // One commit later at each turn, until none is left to fail.
            turn++;
            commits = 0;
            var target = turn % 2 == 0 ? AreHere : AreThere;
            var observed = new ObservedEngine(engine);
            observed.BeforeCommit = async () =>
            {
                Assert.Contains(await ShownAsync(), (string[])[Here, There]);
                if (++commits == turn)
                {
                    throw new StateUnavailableException("away");
                }
            };
            await Xunit.Record.ExceptionAsync(() => new ServiceRegistry(observed).DeclareAsync(target).AsTask());

            foreach (var next in turn % 3 == 0 ? (ServiceDeclaration[][])[target] : [target == AreHere ? AreThere : AreHere, target])
            {
                observed.BeforeCommit = async () => Assert.Contains(await ShownAsync(), (string[])[Here, There]);
                await new ServiceRegistry(observed).DeclareAsync(next);
                await AssertSettledAsync(next);
            }
        }

        Assert.InRange(turn, 5, 20);
    }

    [Theory]
    [InlineData("service", "api")]
    [InlineData("service", "web")]
    [InlineData("services", "all")]
    public async Task Who_reads_meanwhile_finds_them_changed_or_unchanged(string kind, string name)
    {
        var hasChanged = false;
        var observed = new ObservedEngine(engine)
        {
            BeforeRead = async address =>
            {
                if (!hasChanged && address == new Address(kind, name))
                {
                    hasChanged = true;
                    await registry.DeclareAsync(AreThere);
                }
            },
        };

        Assert.Equal(There, Shown(await new ServiceRegistry(observed).ReadAsync()));
        await registry.DeclareAsync(AreHere);
        hasChanged = false;
        await foreach (var snapshot in new ServiceRegistry(observed).FollowAsync())
        {
            Assert.Equal(There, Shown(snapshot));
            break;
        }
    }

    [Fact]
    public async Task Of_two_who_declare_them_at_the_same_time_each_is_done_as_a_whole()
    {
        ServiceDeclaration[] elsewhere = [new("api", ["/three"], "/"), new("web", ["/four"], "/") { Settings = new Dictionary<string, string> { ["wait"] = "9" } }];
        await AssertBetweenAsync(elsewhere, "api: /three, web: /four", "api: /three, web: /four");
    }

    [Fact]
    public async Task Who_declares_one_of_them_meanwhile_does_so_before_or_after() =>
        await AssertBetweenAsync([new("api", ["/three"], "/")], "api: /three, web: /two", "api: /three, web: /one");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_that_is_executed_late_mixes_nothing(bool isOneOnly)
    {
        ServiceDeclaration[] others = isOneOnly ? [new("api", ["/three"], "/")] : [new("api", ["/three"], "/"), new("web", ["/four"], "/")];
        string[] whole = isOneOnly ? [Here, There, "api: /three, web: /two", "api: /three, web: /one"] : [Here, There, "api: /three, web: /four"];
        var wasLast = false;
        for (var late = 1; !wasLast; late++)
        {
            var commits = int.MaxValue;
            for (var before = 1; before - 1 <= commits; before++)
            {
                await registry.DeclareAsync(AreHere);
                var lost = await LoseAsync(late);
                wasLast = lost is null;
                commits = 0;
                var observed = new ObservedEngine(engine);
                observed.BeforeCommit = async () =>
                {
                    if (++commits == before && lost is not null)
                    {
                        await engine.CommitAsync(lost);
                    }

                    Assert.Contains(await ShownAsync(), whole);
                };
                await new ServiceRegistry(observed).DeclareAsync(others);
                if (before > commits && lost is not null)
                {
                    await engine.CommitAsync(lost);
                }

                Assert.Contains(await ShownAsync(), whole);
                await AssertSettledAsync(others);
            }
        }
    }

    [Fact]
    public async Task Who_follows_learns_of_instances_while_others_declare_without_end()
    {
        var turn = 0;
        var isRestless = false;
        var observed = new ObservedEngine(engine)
        {
            BeforeRead = async address =>
            {
                if (isRestless && address.Kind == "service")
                {
                    await registry.DeclareAsync(++turn % 2 == 0 ? AreHere : AreThere);
                }
            },
        };
        InstanceRegistration? instance = null;
        await foreach (var snapshot in new ServiceRegistry(observed).FollowAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(Here, Shown(snapshot));
            var ids = snapshot["api"]!.Instances.Select(static instance => instance.Id).ToArray();
            if (instance is null)
            {
                isRestless = true;
                instance = await registry.RegisterAsync(AreHere[0], "api-1", new Uri("http://127.0.0.1:5001"), InstanceState.Ready);
            }
            else if (ids.Length == 0)
            {
                break;
            }
            else
            {
                Assert.Equal(["api-1"], ids);
                await instance.RemoveAsync();
            }
        }
    }

    [Fact]
    public async Task Who_begins_to_read_is_served_while_one_service_is_declared_without_end()
    {
        var turn = 0;
        var observed = new ObservedEngine(engine)
        {
            BeforeRead = async address =>
            {
                if (address.Kind == "service")
                {
                    await registry.DeclareAsync(new ServiceDeclaration("api", [$"/turn-{++turn}"], "/"));
                }
            },
        };
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        Assert.StartsWith("api: /turn-", Shown(await new ServiceRegistry(observed).ReadAsync(deadline.Token)), StringComparison.Ordinal);
        await foreach (var snapshot in new ServiceRegistry(observed).FollowAsync(deadline.Token))
        {
            Assert.StartsWith("api: /turn-", Shown(snapshot), StringComparison.Ordinal);
            break;
        }
    }

    [Fact]
    public async Task Who_reads_while_several_are_declared_as_one_without_end_is_told_so()
    {
        var turn = 0;
        var observed = new ObservedEngine(engine, engine.Options with { Clock = new NotedTimers() })
        {
            BeforeRead = async address =>
            {
                if (address == new Address("service", "web"))
                {
                    await registry.DeclareAsync(++turn % 2 == 0 ? AreHere : AreThere);
                }
            },
        };
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        await Assert.ThrowsAsync<StateUnavailableException>(() => new ServiceRegistry(observed).ReadAsync(deadline.Token).AsTask());
    }

    /// <summary>The more services there are, the longer it takes to look for their instances, and that does not count.</summary>
    [Fact]
    public async Task Who_begins_to_read_is_served_though_several_are_declared_as_one_each_time_that_instances_are_looked_for()
    {
        var turn = 0;
        var observed = new ObservedEngine(engine) { BeforeHead = async () => await registry.DeclareAsync(++turn % 2 == 0 ? AreHere : AreThere) };
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        Assert.Contains(Shown(await new ServiceRegistry(observed).ReadAsync(deadline.Token)), (string[])[Here, There]);
        await foreach (var snapshot in new ServiceRegistry(observed).FollowAsync(deadline.Token))
        {
            Assert.Contains(Shown(snapshot), (string[])[Here, There]);
            break;
        }

        Assert.InRange(turn, 4, 8);
    }

    [Fact]
    public async Task What_is_declared_so_already_is_not_written()
    {
        var commits = 0;
        var observed = new ObservedEngine(engine) { BeforeCommit = () => Task.FromResult(++commits) };
        var writer = new ServiceRegistry(observed);

        await writer.DeclareAsync(AreHere);
        await writer.DeclareAsync(AreHere[1]);
        Assert.Equal(0, commits);

        await writer.DeclareAsync(AreThere);
        Assert.InRange(commits, 1, 10);
    }

    /// <summary>The commit that was lost may be executed later, and may not then: what came after it holds.</summary>
    [Fact]
    public async Task What_is_declared_so_already_is_written_after_a_failure()
    {
        var commits = 0;
        var observed = new ObservedEngine(engine);
        var writer = new ServiceRegistry(observed);
        observed.BeforeCommit = () => ++commits == 2 ? throw new StateUnavailableException("away") : Task.CompletedTask;
        await Assert.ThrowsAsync<StateUnavailableException>(() => writer.DeclareAsync(AreThere[0]).AsTask());
        var lost = observed.Sent!;

        await writer.DeclareAsync(AreHere[0]);
        await engine.CommitAsync(lost);

        Assert.Equal(Here, await ShownAsync());
    }

    /// <summary>Each of many hosts that begin together has the others begin again. They would do so for ever if they all waited for as long as before.</summary>
    [Fact]
    public async Task Who_declares_waits_longer_each_time_that_others_come_between()
    {
        var timers = new NotedTimers();
        var observed = new ObservedEngine(engine, engine.Options with { Clock = timers });
        var others = 0;
        observed.BeforeRead = async address =>
        {
            if (address == new Address("service", "api") && ++others is > 1 and <= 7)
            {
                await registry.DeclareAsync(new ServiceDeclaration("web", [$"/other-{others}"], "/"));
            }
        };

        await new ServiceRegistry(observed).DeclareAsync(AreThere[0]);

        Assert.Equal(6, timers.Waits.Count);
        Assert.All(timers.Waits, static (wait, i) => Assert.InRange(wait.TotalMilliseconds, Math.Min(50 << i, 1000) / 2.0, Math.Min(50 << i, 1000)));
    }

    /// <summary>Has others declare in between, at each place once, what is to be shown then if it is before the change of all, and what if it is after.</summary>
    private async Task AssertBetweenAsync(ServiceDeclaration[] others, string shownBefore, string shownAfter)
    {
        var commits = int.MaxValue;
        var wereBefore = new HashSet<bool>();
        for (var place = 1; place <= commits; place++)
        {
            await registry.DeclareAsync(AreHere);
            commits = 0;
            var seen = new List<string>();
            var isAmongOthers = false;
            var wasBefore = false;
            var observed = new ObservedEngine(engine);
            var writer = new ServiceRegistry(observed);
            observed.BeforeCommit = async () =>
            {
                seen.Add(await ShownAsync());
                if (!isAmongOthers && ++commits == place)
                {
                    wasBefore = seen[^1] == Here;
                    isAmongOthers = true;
                    await writer.DeclareAsync(others);
                    isAmongOthers = false;
                    seen.Add(await ShownAsync());
                }
            };
            await writer.DeclareAsync(AreThere);

            seen.Add(await ShownAsync());
            wereBefore.Add(wasBefore);
            Assert.Equal(wasBefore ? [Here, shownBefore, There] : [Here, There, shownAfter], seen.Distinct());
            await AssertSettledAsync(wasBefore ? AreThere : [.. AreThere.Where(service => !others.Any(other => other.Name == service.Name)), .. others]);
        }

        Assert.Equal(2, wereBefore.Count);
    }

    /// <summary>Declares, and loses this commit on its way, which may be executed at any time. Null when there are not so many.</summary>
    private async Task<Commit?> LoseAsync(int number)
    {
        var commits = 0;
        var observed = new ObservedEngine(engine);
        observed.BeforeCommit = () => ++commits == number ? throw new StateUnavailableException("away") : Task.CompletedTask;
        var fault = await Xunit.Record.ExceptionAsync(() => new ServiceRegistry(observed).DeclareAsync(AreThere).AsTask());
        return fault is null ? null : observed.Sent;
    }

    private static string Shown(RegistrySnapshot snapshot) =>
        string.Join(", ", snapshot.Services.Select(static service => $"{service.Name}: {string.Join(' ', service.Declaration.Routes)}"));

    private async Task<string> ShownAsync() => Shown(await registry.ReadAsync());

    private async Task AssertSettledAsync(ServiceDeclaration[] services)
    {
        var snapshot = await registry.ReadAsync();
        foreach (var service in services)
        {
            Assert.Equal(service, snapshot[service.Name]!.Declaration);
            Assert.DoesNotContain((await engine.ReadAsync(new Address("service", service.Name))).Record!.Fields.Keys, static field => field.StartsWith("next", StringComparison.Ordinal));
        }
    }
}
