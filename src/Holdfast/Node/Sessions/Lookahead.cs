using Holdfast.Embedded;

namespace Holdfast.Node;

/// <summary>Takes the commands of a pipeline apart, some at a time, and has the records fetched that they are about.</summary>
internal sealed class Lookahead(StateNode node)
{
    // For more than one command at a time, once a client sends so many.
    private UpcomingCommand[] upcoming = [new(node)];
    private ExpectedRecord[] expected = [];
    private int count;

    /// <summary>The command at this place among those that were taken apart last.</summary>
    public UpcomingCommand this[int place] => upcoming[place];

    /// <summary>The SETs that follow each other from this place on.</summary>
    public ReadOnlySpan<UpcomingCommand> SetsFrom(int place)
    {
        var end = place;
        while (end < count && upcoming[end].IsSet)
        {
            end++;
        }

        return upcoming.AsSpan(place, end - place);
    }

    /// <summary>Takes apart what has come.</summary>
    public void Read(SessionInput input)
    {
        Forget();
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
