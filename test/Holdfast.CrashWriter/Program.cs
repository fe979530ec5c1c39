using Holdfast;
using Holdfast.Embedded;

// Writes to the store in a folder until it is killed, and tells on its standard output every commit that was
// acknowledged, as "writer number", and every refusal for want of room, as "full". Arguments: the folder, the number
// of writers, and the size in bytes at which the log is replaced by a snapshot.
var settings = new EmbeddedSettings { MinLogBytes = long.Parse(args[2]) };
await using var engine = await EmbeddedEngine.OpenAsync(args[0], new StateEngineOptions(), settings);
await using var output = Console.OpenStandardOutput();
var gate = new Lock();
Tell("open");
await Task.WhenAll(Enumerable.Range(0, int.Parse(args[1])).Select(writer => Task.Factory.StartNew(() => WriteAsync(writer)).Unwrap()));

async Task WriteAsync(int writer)
{
    var (left, right) = (new Address("left", $"w{writer}"), new Address("right", $"w{writer}"));
    var filler = new byte[200];
    var number = (await engine.ReadAsync(left)).Record?.Counter("n") ?? 0;
    while (true)
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
        while (!await TryAsync(commit))
        {
            var read = (await engine.ReadAsync(left)).Record?.Counter("n") ?? 0;
            Tell(read == number - 1 ? "full" : $"A refused commit shows: {read}, not {number - 1}.");
            await Task.Delay(20);
        }

        Tell($"{writer} {number}");
    }
}

async Task<bool> TryAsync(Commit commit)
{
    try
    {
        return (await engine.CommitAsync(commit)).IsCommitted;
    }
    catch (StateFullException)
    {
        return false;
    }
}

void Tell(string line)
{
    lock (gate)
    {
        output.Write(System.Text.Encoding.ASCII.GetBytes(line + "\n"));
        output.Flush();
    }
}
