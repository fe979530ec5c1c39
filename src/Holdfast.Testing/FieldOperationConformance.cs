using Xunit;

namespace Holdfast.Testing;

/// <summary>Field operations: what writers mean adds up, whoever writes.</summary>
public abstract class FieldOperationConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    private const long Largest = (1L << 53) - 1;

    [Fact]
    public async Task Set_replaces_a_field_and_leaves_the_others()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("a", "a long value").Set("b", "1"));
        await CommitAsync(RecordChange.Update(Thing()).Set("a", "2").Set("c", "3"));

        var record = await ExistingAsync(Thing());
        Assert.Equal(("2", "1", "3"), (record.Text("a"), record.Text("b"), record.Text("c")));
    }

    [Fact]
    public async Task What_a_commit_tells_of_a_record_is_what_others_read_whoever_changed_it_last()
    {
        var elsewhere = await ElsewhereAsync();
        await CommitAsync(RecordChange.Update(Thing()).Set("large", new string('-', 1000)).Set("f1", "1"));
        for (var i = 0; i < 60; i++)
        {
            var update = RecordChange.Update(Thing()).Set($"f{i % 4}", $"{i}").Remove($"f{i / 3 % 4}").Add("n", i).Max("m", i * 37 % 100);
            _ = (i % 5) switch
            {
                0 => update.ExpireAfter(TimeSpan.FromHours(i + 1)),
                1 => update.NeverExpire(),
                _ => update,
            };

            // Whoever changes it again knows the record that there is, and the other does not.
            var (writer, reader) = i % 3 == 0 ? (elsewhere, Engine) : (Engine, elsewhere);
            var told = (await writer.CommitAsync(new Commit(update))).Records[0]!;
            var read = (await reader.ReadAsync(Thing(), Freshness.Latest)).Record!;
            Assert.Equal(read.Fields.ToDictionary(static pair => pair.Key, static pair => Convert.ToHexString(pair.Value.Span)), told.Fields.ToDictionary(static pair => pair.Key, static pair => Convert.ToHexString(pair.Value.Span)));
            Assert.Equal((read.Birth, read.Revision, read.Deadline is null), (told.Birth, told.Revision, told.Deadline is null));
        }
    }

    [Fact]
    public async Task Remove_takes_a_field_away_and_an_absent_one_is_no_error()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("a", "1").Set("b", "1"));
        await CommitAsync(RecordChange.Update(Thing()).Remove("a").Remove("never-there"));

        Assert.Equal(["b"], (await ExistingAsync(Thing())).Fields.Keys);
    }

    [Fact]
    public async Task A_record_whose_last_field_is_removed_still_exists()
    {
        var born = await CommitAsync(RecordChange.Update(Thing()).Set("a", "1"));
        await CommitAsync(RecordChange.Update(Thing()).Remove("a"));

        var record = await ExistingAsync(Thing());
        Assert.Empty(record.Fields);
        Assert.Equal(born.At.Revision, record.Birth);
    }

    [Fact]
    public async Task Add_counts_from_zero_up_and_down()
    {
        await CommitAsync(RecordChange.Update(Thing()).Add("n", 5));
        await CommitAsync(RecordChange.Update(Thing()).Add("n", -12));
        Assert.Equal(-7, (await ExistingAsync(Thing())).Counter("n"));

        await CommitAsync(RecordChange.Update(Thing()).Add("n", 7));
        Assert.Equal("0", (await ExistingAsync(Thing())).Text("n"));
    }

    [Fact]
    public async Task Max_raises_a_counter_and_never_lowers_it()
    {
        await CommitAsync(RecordChange.Update(Thing()).Max("n", 5));
        await CommitAsync(RecordChange.Update(Thing()).Max("n", 3));
        Assert.Equal(5, (await ExistingAsync(Thing())).Counter("n"));

        await CommitAsync(RecordChange.Update(Thing()).Max("n", 10));
        Assert.Equal(10, (await ExistingAsync(Thing())).Counter("n"));
    }

    [Fact]
    public async Task Max_gives_an_absent_field_its_number_even_below_zero()
    {
        await CommitAsync(RecordChange.Update(Thing()).Max("n", -5));
        Assert.Equal("-5", (await ExistingAsync(Thing())).Text("n"));
    }

    [Fact]
    public async Task A_counter_is_decimal_text_that_may_be_set_and_read()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("n", "41"));
        await CommitAsync(RecordChange.Update(Thing()).Add("n", 1));
        Assert.Equal("42", (await ExistingAsync(Thing())).Text("n"));
    }

    [Fact]
    public async Task Operations_of_one_change_take_effect_in_their_order()
    {
        await CommitAsync(RecordChange.Update(Thing()).Add("kept", 3).Add("gone", 3));
        await CommitAsync(RecordChange.Update(Thing())
            .Set("n", "5").Add("n", 2).Max("n", 9).Add("n", 1)
            .Remove("kept").Add("kept", 1)
            .Add("gone", 1).Remove("gone"));

        var record = await ExistingAsync(Thing());
        Assert.Equal("10", record.Text("n"));
        Assert.Equal("1", record.Text("kept"));
        Assert.Null(record["gone"]);
    }

    [Fact]
    public async Task Counters_are_exact_to_the_ends_of_their_range()
    {
        await CommitAsync(RecordChange.Update(Thing()).Add("up", Largest - 1).Add("down", -Largest));
        await CommitAsync(RecordChange.Update(Thing()).Add("up", 1).Max("down", -Largest + 1));

        var record = await ExistingAsync(Thing());
        Assert.Equal("9007199254740991", record.Text("up"));
        Assert.Equal("-9007199254740990", record.Text("down"));
    }

    [Fact]
    public async Task A_counter_that_would_leave_its_range_fails_the_commit_and_stays()
    {
        await CommitAsync(RecordChange.Update(Thing()).Add("up", Largest).Add("down", -Largest));

        await FailsAsync(RecordChange.Update(Thing()).Set("other", "1").Add("up", 1));
        await FailsAsync(RecordChange.Update(Thing()).Set("other", "1").Add("down", -1));
        await FailsAsync(RecordChange.Update(Thing()).Set("other", "1").Add("up", Largest));
    }

    [Fact]
    public async Task Counting_a_field_that_holds_no_counter_fails_the_commit()
    {
        foreach (var text in new[] { "", "x", "1x", " 1", "1 ", "+1", "01", "-0", "-", "1.5", "1e3", "0x10", "nan", "9007199254740992", "99999999999999999999" })
        {
            await CommitAsync(RecordChange.Update(Thing()).Set("n", text));
            await FailsAsync(RecordChange.Update(Thing()).Set("other", "1").Add("n", 1));
            await FailsAsync(RecordChange.Update(Thing()).Set("other", "1").Max("n", 1));
        }
    }

    private async Task FailsAsync(RecordChange change)
    {
        var before = await ExistingAsync(Thing());
        var revision = await RevisionAsync();
        await Assert.ThrowsAsync<StateLimitException>(async () => await Engine.CommitAsync(new Commit(change)));

        var after = await ExistingAsync(Thing());
        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(before.Fields.Keys.Order(StringComparer.Ordinal), after.Fields.Keys.Order(StringComparer.Ordinal));
        Assert.All(before.Fields, field => Assert.Equal(field.Value.ToArray(), after[field.Key]!.Value.ToArray()));
    }
}
