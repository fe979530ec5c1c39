using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>Takes the commands of a pipeline apart, some at a time, and has the records fetched that they are about.</summary>
internal sealed class Lookahead(StateNode node)
{
    /// <summary>As much is decided under one hold of the gates, which the log waits for when it has answers for the client.</summary>
    private const int MaxRunBytes = 64 << 10;

    // For more than one command at a time, once a client sends so many.
    private UpcomingCommand[] upcoming = [new(node)];
    private ExpectedRecord[] expected = [];
    private int count;
    private bool makesNoRuns;

    /// <summary>The command at this place among those that were taken apart last.</summary>
    public UpcomingCommand this[int place] => upcoming[place];

    /// <summary>The SETs that follow each other from this place on, as far as they may be decided together.</summary>
    public ReadOnlySpan<UpcomingCommand> SetsFrom(int place)
    {
        var end = place;
        for (var bytes = 0; end < count && upcoming[end].IsSet && !makesNoRuns; end++)
        {
            bytes += upcoming[end].Command.Bytes;
            if (bytes > MaxRunBytes && end > place)
            {
                break;
            }
        }

        return upcoming.AsSpan(place, end - place);
    }

    /// <summary>The rest of what has come goes one by one: what is in the way of the first SET is likely to be in the way of the others.</summary>
    public void MakeNoRuns() => makesNoRuns = true;

    /// <summary>Takes apart what has come.</summary>
    public void Read(SessionInput input)
    {
        Forget();
        makesNoRuns = false;
        count = input.Ahead;
        if (count > upcoming.Length)
        {
            upcoming = [.. upcoming, .. Enumerable.Range(upcoming.Length, SessionInput.MaxAhead - upcoming.Length).Select(_ => new UpcomingCommand(node))];
            expected = new ExpectedRecord[SessionInput.MaxAhead];
        }

        for (var i = 0; i < count; i++)
        {
            upcoming[i].Read(input[i]);
        }

        if (count > 1)
        {
            Fetch(upcoming.AsSpan(0, count));
        }
    }

    /// <summary>Lets go of the commands, whose input may be large, until there are others: the client may rest.</summary>
    public void Forget()
    {
        for (; count > 0; count--)
        {
            upcoming[count - 1].Forget();
        }
    }

    private void Fetch(ReadOnlySpan<UpcomingCommand> commands)
    {
        var records = 0;
        foreach (var command in commands)
        {
            if (command.Key.NamesRecord)
            {
                expected[records++] = new ExpectedRecord(command.Key.Partition, command.Key.Hash);
            }
        }

        node.Engine.Fetch(expected.AsSpan(0, records));
    }
}
