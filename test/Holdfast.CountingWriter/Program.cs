using Holdfast;

// Counts in one record, a commit after the other, and tells on its standard output of each what became of it: "made TERM REVISION", "failed"
// or "unknown"; and "StateLost" when the engine tells of a loss. Arguments: the store, and the affinity of the record.
var gate = new Lock();
var options = new StateEngineOptions { CommitTimeout = TimeSpan.FromSeconds(1), Log = told => Tell(told.Name) };

// Its standard input ends with whoever started it, and it with that.
new Thread(static () =>
{
    Console.In.ReadToEnd();
    Environment.Exit(0);
})
{ IsBackground = true }.Start();

await using var engine = await OpenAsync();
Tell("open");
while (true)
{
    try
    {
        var made = await engine.CommitAsync(new Commit(RecordChange.Update(new Address("count", args[1])).Add("n", 1)));
        Tell($"made {made.At.Term} {made.At.Revision}");
    }
    catch (CommitUnknownException)
    {
        Tell("unknown");
    }
    catch (StateException fault) when (fault.IsTransient)
    {
        Tell("failed");
    }

    await Task.Delay(20);
}

async Task<StateEngine> OpenAsync()
{
    while (true)
    {
        try
        {
            return await StateEngines.OpenAsync(args[0], options);
        }
        catch (StateException fault) when (fault.IsTransient)
        {
            // A second is little for a first greeting on a busy machine.
        }
    }
}

void Tell(string line)
{
    lock (gate)
    {
        Console.WriteLine(line);
    }
}
