namespace Holdfast.Gateway.Tests.Overload.Simulation;

/// <summary>A service of some shape at work.</summary>
internal sealed class SimulatedService(ServiceShape shape, SimulatedTime time, Random random)
{
    private readonly Queue<(double Work, Action Done)> turns = new();

    /// <summary>Those who share the processors, by how much work each of them has got when it is done.</summary>
    private readonly PriorityQueue<Action, (double Work, int Order)> sharing = new();
    private int atWork;
    private int order;
    private double progress;
    private double progressAt;
    private double pace;
    private int plan;

    public int Inside { get; private set; }

    private double Slowness => shape.Slowness(time.Seconds) * (1 + (shape.Friction * Math.Max(0, Inside - shape.AtOnce)));

    /// <summary>How much work each of those who share gets in a second.</summary>
    private double PaceNow => Math.Min(1, (double)shape.AtOnce / Math.Max(1, sharing.Count)) / Slowness;

    /// <summary>Takes a request, and tells when it is answered.</summary>
    public void Take(Action answered)
    {
        Inside++;
        var work = shape.Work(random);
        void Done()
        {
            Inside--;
            answered();
        }

        if (shape.Delay > 0)
        {
            time.After(shape.Delay * shape.Slowness(time.Seconds), () => Begin(work, Done));
        }
        else
        {
            Begin(work, Done);
        }
    }

    private void Begin(double work, Action done)
    {
        if (shape.IsShared)
        {
            Progress();
            sharing.Enqueue(done, (progress + work, order++));
            Plan();
        }
        else if (atWork < shape.AtOnce)
        {
            Work(work, done);
        }
        else
        {
            turns.Enqueue((work, done));
        }
    }

    private void Work(double work, Action done)
    {
        atWork++;
        time.After(work * Slowness, () =>
        {
            atWork--;
            if (turns.TryDequeue(out var next))
            {
                Work(next.Work, next.Done);
            }

            done();
        });
    }

    private void Progress()
    {
        progress += (time.Seconds - progressAt) * pace;
        progressAt = time.Seconds;
    }

    private void Plan()
    {
        var planned = ++plan;
        pace = PaceNow;
        if (sharing.TryPeek(out _, out var first))
        {
            time.After((first.Work - progress) / pace, () =>
            {
                if (plan == planned)
                {
                    Progress();
                    var done = sharing.Dequeue();
                    Plan();
                    done();
                }
            });
        }
    }
}
