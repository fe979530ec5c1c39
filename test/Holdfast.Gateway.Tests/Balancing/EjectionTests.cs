using Holdfast.Gateway.Balancing;

namespace Holdfast.Gateway.Tests.Balancing;

public sealed class EjectionTests
{
    private readonly SteppedClock clock = new();

    [Fact]
    public void One_that_fails_what_others_do_not_is_left_alone_each_time_for_longer_and_comes_back()
    {
        var instances = Instances.Several(3, clock);
        foreach (var expected in new[] { 5, 10, 20 })
        {
            Instances.Answer(instances[0], 500, 5);
            Instances.Answer(instances[1], 200, 5);

            var (ejected, time) = Assert.Single(Ejection.Judge(instances));

            Assert.Same(instances[0], ejected);
            Assert.Equal(expected, time.TotalSeconds);
            Assert.True(ejected.Conduct.IsEjected);
            Assert.DoesNotContain(ejected, Candidates.Of(instances, "").Near);
            clock.Move(time);
            Assert.False(ejected.Conduct.IsEjected);
            Assert.Contains(ejected, Candidates.Of(instances, "").Near);
        }
    }

    [Fact]
    public void Where_all_fail_alike_none_is_to_blame()
    {
        var instances = Instances.Several(3, clock);
        Array.ForEach(instances, static one => Instances.Answer(one, 503, 20));

        Assert.Empty(Ejection.Judge(instances));
    }

    [Fact]
    public void Some_failures_among_many_answers_are_borne()
    {
        var instances = Instances.Several(2, clock);
        Instances.Answer(instances[0], 500, 9);
        Instances.Answer(instances[0], 200, 10);
        Instances.Answer(instances[1], 200, 20);

        Assert.Empty(Ejection.Judge(instances));
    }

    [Fact]
    public void At_most_half_are_left_alone()
    {
        var instances = Instances.Several(4, clock);
        Instances.Answer(instances[3], 200, 100);
        Array.ForEach(instances[..3], static one => Instances.Answer(one, 500, 6));
        for (var i = 0; i < 3; i++)
        {
            Ejection.Judge(instances);
        }

        Assert.InRange(instances.Count(static one => one.Conduct.IsEjected), 0, 2);
    }

    [Fact]
    public void Failures_of_long_ago_are_forgotten()
    {
        var instances = Instances.Several(2, clock);
        Instances.Answer(instances[0], 500, 4);
        clock.Move(TimeSpan.FromSeconds(20));
        Instances.Answer(instances[0], 500, 4);

        Assert.Empty(Ejection.Judge(instances));
    }
}
