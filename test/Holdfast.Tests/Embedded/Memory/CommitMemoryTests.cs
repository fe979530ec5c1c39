using Holdfast.Embedded;

namespace Holdfast.Tests.Embedded.Memory;

/// <summary>What partitions remember of commits takes no more than is counted, and is given back.</summary>
public sealed class CommitMemoryTests
{
    [Fact]
    public void A_client_takes_places_as_it_makes_commits_and_gives_back_what_it_took()
    {
        const long room = 1 << 20;
        var memory = new RequestMemory(room);
        var clients = new Clients(memory);
        var first = clients.BytesFor("client", 1);
        var taken = 0L;
        for (var sequence = 1; sequence <= 200; sequence++)
        {
            var bytes = clients.BytesFor("client", sequence);
            memory.Reserve(bytes);
            taken += bytes;
            clients.FindOrAdd("client").Add(sequence, term: 7, revision: 1000 + sequence);
            for (var earlier = Math.Max(1, sequence - ClientCommits.Count + 1); earlier <= sequence; earlier++)
            {
                Assert.True(clients.Find("client")!.TryFind(earlier, out var term, out var revision));
                Assert.Equal((7, 1000 + earlier), (term, revision));
            }

            Assert.False(clients.Find("client")!.TryFind(sequence + 1, out _, out _));
        }

        Assert.InRange(first, 1, 400);
        Assert.InRange(taken, ClientCommits.Count * ClientCommits.PlaceBytes, 2000);
        Assert.Throws<ArgumentException>(() => clients.Find("client")!.TryFind(200 - ClientCommits.Count, out _, out _));
        Assert.Throws<StateFullException>(() => memory.Reserve(room - taken + 1));
        clients.ForgetUnusedSince(1);
        memory.Reserve(room);
    }

    [Fact]
    public void A_commit_that_is_not_the_latest_is_found_missing_while_no_place_was_given_away()
    {
        var commits = new ClientCommits();
        commits.Add(5, 1, 1);
        Assert.False(commits.TryFind(1, out _, out _));
        commits.Add(1, 1, 2);
        commits.Add(64, 1, 3);
        Assert.True(commits.TryFind(1, out _, out var revision));
        Assert.Equal(2, revision);
        commits.Remove(1);
        Assert.False(commits.TryFind(1, out _, out _));
        Assert.True(commits.TryFind(5, out _, out _));
    }

    [Fact]
    public void Request_ids_are_forgotten_when_their_time_is_over_however_many_and_leave_nothing_when_they_are_taken_back()
    {
        const int many = 5000;
        var memory = new RequestMemory(long.MaxValue);
        var marks = new RequestMarks(memory);
        for (var i = 0; i < many; i++)
        {
            marks.Add(new RequestKey($"kept-{i}", ""), new RequestMark("f", 1, i, Deadline: 100));
        }

        for (var i = 0; i < 10 * many; i++)
        {
            var key = new RequestKey($"taken-back-{i}", "");
            marks.Add(key, new RequestMark("f", 1, i, Deadline: 1_000_000));
            marks.Remove(key);
        }

        Assert.InRange(marks.Waiting, many, 3 * many);
        Assert.False(marks.Forget(99, atMost: 256));
        var rounds = 1;
        for (; marks.Forget(100, atMost: 256); rounds++)
        {
        }

        Assert.Empty(marks.All);
        Assert.InRange(rounds, many / 256, (many / 256) + 1);
    }

    [Fact]
    public void Deadlines_that_come_ever_nearer_take_no_place_in_the_queue()
    {
        using var memory = new SlabAllocator();
        var table = new RecordTable(memory, new KindTable([]), new UseClock(TimeProvider.System), 1);
        var queue = new ExpiryQueue(table);
        var block = memory.Allocate(RecordView.SizeOf("a/b".Length, 0));
        RecordView.Begin(memory.Span(block), "a/b"u8, revision: 1, birth: 1, 0, 0);
        var slot = table.Add(hash: 1, block, Slot.Never);
        for (var deadline = 1_000_000; deadline > 500_000; deadline--)
        {
            queue.Note(slot, deadline);
        }

        Assert.InRange(queue.Count, 1, 5000);
        Assert.Equal(500_001, queue.Next);
    }
}
