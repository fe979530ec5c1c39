using Holdfast;
using Holdfast.Embedded;

// Writes to the store in a folder until it is killed, and tells on its standard output every commit that was acknowledged, as
// "writer number", every refusal for want of room, as "full", and that writing has ended or never began, as "ended". Arguments: the folder, the
// number of writers, the size in bytes at which the log is replaced by a snapshot, and how many commits each writer makes
// before the store is closed, which is told as "closed"; without it they go on for ever.
var settings = new EmbeddedSettings { MinLogBytes = long.Parse(args[2]) };
var last = args.Length > 3 ? long.Parse(args[3]) : long.MaxValue;
await using var output = Console.OpenStandardOutput();
var gate = new Lock();
var writingHasEnded = false;
if (await OpenAsync() is not { } engine)
{
    Tell("ended");
    return;
}

await using (engine)
{
    Tell("open");
    await Task.WhenAll(Enumerable.Range(0, int.Parse(args[1])).Select(writer => Task.Factory.StartNew(() => WriteAsync(engine, writer)).Unwrap()));
    if (writingHasEnded)
    {
        await ProveEndAsync(engine);
    }
    else
    {
        await EndSynchronisedAsync(engine);
    }
}

Tell("closed");

async Task<EmbeddedEngine?> OpenAsync()
{
    try
    {
        return await EmbeddedEngine.OpenAsync(args[0], new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(60) }, settings);
    }
    catch (StateUnavailableException)
    {
        return null;
    }
}

async Task WriteAsync(StateEngine engine, int writer)
{
    var (left, right) = (new Address("left", $"w{writer}"), new Address("right", $"w{writer}"));
    var filler = new byte[200];
    var number = (await engine.ReadAsync(left)).Record?.Counter("n") ?? 0;
    for (long made = 0; made < last; made++)
    {
        number++;
        var commit = new Commit(
            RecordChange.Update(left).Add("n", 1).Set("text", $"{number}").Set("filler", filler),
            RecordChange.Update(right).Add("n", 1).Set("text", $"{number}"),
            RecordChange.Update(new Address("brief", $"w{writer}", $"{number % 50}")).Set("text", $"{number}").ExpireAfter(TimeSpan.FromMilliseconds(300)))
        {
            Events = [new NewEvent($"{number}", default)],
            Request = new RequestId($"w{writer}-{number}") { Window = TimeSpan.FromSeconds(20) },
            Durability = number % 2 == 0 ? Durability.Written : Durability.Synced,
        };
        while (!await TryAsync(engine, commit))
        {
            if (writingHasEnded)
            {
                return;
            }

            var read = (await engine.ReadAsync(left)).Record?.Counter("n") ?? 0;
            Tell(read == number - 1 ? "full" : $"A refused commit shows: {read}, not {number - 1}.");
            await Task.Delay(20);
        }

        Tell($"{writer} {number}");
    }
}

async Task<bool> TryAsync(StateEngine engine, Commit commit)
{
    try
    {
        return (await engine.CommitAsync(commit)).IsCommitted;
    }
    catch (StateFullException)
    {
        return false;
    }
    catch (Exception fault) when (fault is StateUnavailableException or CommitUnknownException)
    {
        writingHasEnded = true;
        return false;
    }
}

// The first has all before it reach the disk, and the second goes there in one call, whatever the writers' turns were.
async Task EndSynchronisedAsync(StateEngine engine)
{
    for (var i = 0; i < 2 && !writingHasEnded; i++)
    {
        await TryAsync(engine, new Commit(RecordChange.Update(new Address("end", "all")).Add("n", 1)));
    }
}

// Nothing is acknowledged any more, and what is there can be read.
async Task ProveEndAsync(StateEngine engine)
{
    for (var i = 0; i < 10; i++)
    {
        var isMade = await TryAsync(engine, new Commit(RecordChange.Update(new Address("late", $"{i}")).Set("n", "1")));
        var isRead = (await engine.ReadAsync(new Address("late", $"{i}"))).Record is not null;
        if (isMade || isRead)
        {
            Tell($"After writing had ended, a commit was {(isMade ? "acknowledged" : "shown")}.");
        }
    }

    Tell("ended");
}

void Tell(string line)
{
    lock (gate)
    {
        output.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
        output.Flush();
    }
}
