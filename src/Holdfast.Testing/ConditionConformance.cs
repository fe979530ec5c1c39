using Xunit;

namespace Holdfast.Testing;

/// <summary>Conditions: checked inside the commit, refused as a value that says what stood in the way.</summary>
public abstract class ConditionConformance(EngineFixture fixture) : EngineConformance(fixture)
{
    [Fact]
    public async Task Absent_holds_only_when_there_is_no_record()
    {
        await HoldsAsync(Thing("none"), Condition.Absent);
        await CommitAsync(RecordChange.Update(Thing()));
        await FailsAsync(Thing(), Condition.Absent);
    }

    [Fact]
    public async Task Exists_holds_only_when_there_is_a_record()
    {
        await FailsAsync(Thing("none"), Condition.Exists);
        await CommitAsync(RecordChange.Update(Thing()));
        await HoldsAsync(Thing(), Condition.Exists);
    }

    [Fact]
    public async Task BornAt_holds_only_of_the_record_that_was_created_then()
    {
        var born = (await CommitAsync(RecordChange.Update(Thing()))).At.Revision;
        var changed = (await CommitAsync(RecordChange.Update(Thing()).Set("a", "1"))).At.Revision;

        await FailsAsync(Thing("none"), Condition.BornAt(born));
        await FailsAsync(Thing(), Condition.BornAt(changed));
        await FailsAsync(Thing(), Condition.BornAt(0));
        await HoldsAsync(Thing(), Condition.BornAt(born));
    }

    [Fact]
    public async Task RevisionIs_holds_only_of_the_record_as_it_was_changed_then()
    {
        var born = (await CommitAsync(RecordChange.Update(Thing()))).At.Revision;
        var changed = (await CommitAsync(RecordChange.Update(Thing()).Set("a", "1"))).At.Revision;

        await FailsAsync(Thing("none"), Condition.RevisionIs(changed));
        await FailsAsync(Thing(), Condition.RevisionIs(born));
        await HoldsAsync(Thing(), Condition.RevisionIs(changed));
    }

    [Fact]
    public async Task FieldIs_holds_only_of_exactly_these_bytes()
    {
        await CommitAsync(RecordChange.Update(Thing()).Set("a", "1").Set("empty", ""));

        await FailsAsync(Thing("none"), Condition.FieldIs("a", Utf8("1")));
        await FailsAsync(Thing("none"), Condition.FieldIs("a", Utf8("")));
        await FailsAsync(Thing(), Condition.FieldIs("a", Utf8("2")));
        await FailsAsync(Thing(), Condition.FieldIs("a", Utf8("1 ")));
        await FailsAsync(Thing(), Condition.FieldIs("a", Utf8("")));
        await FailsAsync(Thing(), Condition.FieldIs("b", Utf8("")));
        await HoldsAsync(Thing(), Condition.FieldIs("a", Utf8("1")), Condition.FieldIs("empty", Utf8("")));
    }

    [Fact]
    public async Task FieldAbsent_holds_without_the_field_and_without_the_record()
    {
        await HoldsAsync(Thing("none"), Condition.FieldAbsent("a"));
        await CommitAsync(RecordChange.Update(Thing()).Set("a", ""));

        await FailsAsync(Thing(), Condition.FieldAbsent("a"));
        await HoldsAsync(Thing(), Condition.FieldAbsent("b"));
    }

    [Fact]
    public async Task Every_condition_of_every_change_must_hold()
    {
        await CommitAsync(RecordChange.Update(Thing("a")).Set("x", "1"), RecordChange.Update(Thing("b")).Set("x", "1"));
        var before = await RevisionAsync();

        await RefusedAsync(
            RecordChange.Update(Thing("a")).When(Condition.Exists).Set("x", "2"),
            RecordChange.Delete(Thing("b")).When(Condition.Exists).When(Condition.FieldIs("x", Utf8("1"))).When(Condition.BornAt(-1)));

        Assert.Equal("1", (await ExistingAsync(Thing("a"))).Text("x"));
        Assert.Equal("1", (await ExistingAsync(Thing("b"))).Text("x"));
        Assert.Equal(before, await RevisionAsync());
    }

    [Fact]
    public async Task A_refusal_tells_the_first_condition_that_failed_and_the_record_as_it_is()
    {
        var made = await CommitAsync(RecordChange.Update(Thing("a")).Set("x", "1").Set("y", "2"), RecordChange.Update(Thing("b")));
        var result = await Engine.CommitAsync(new Commit(
            RecordChange.Update(Thing("b")).When(Condition.Exists),
            RecordChange.Update(Thing("a")).When(Condition.Exists).When(Condition.FieldIs("x", Utf8("9"))).When(Condition.Absent)));

        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.Equal(made.At, result.At);
        Assert.Empty(result.Records);
        Assert.Equal(1, result.Refusal!.Change);
        Assert.Equal((ConditionKind.FieldIs, "x"), (result.Refusal.Condition.Kind, result.Refusal.Condition.Field));
        Assert.Equal(Utf8("9"), result.Refusal.Condition.Value.ToArray());
        Assert.Equal(Thing("a"), result.Refusal.Current!.Address);
        Assert.Equal(("1", "2"), (result.Refusal.Current.Text("x"), result.Refusal.Current.Text("y")));
        Assert.Equal(made.At.Revision, result.Refusal.Current.Birth);
    }

    [Fact]
    public async Task A_refusal_of_an_absent_record_tells_that_there_is_none()
    {
        var refusal = await RefusedAsync(RecordChange.Update(Thing()).When(Condition.Exists));
        Assert.Equal((0, ConditionKind.Exists), (refusal.Change, refusal.Condition.Kind));
        Assert.Null(refusal.Current);
    }

    [Fact]
    public async Task Conditions_see_records_as_they_were_before_the_commit()
    {
        await CommitAsync(RecordChange.Update(Thing("a")).Set("x", "1").When(Condition.Absent).When(Condition.FieldAbsent("x")));
        await CommitAsync(RecordChange.Update(Thing("a")).Set("x", "2").When(Condition.FieldIs("x", Utf8("1"))));
        Assert.Equal("2", (await ExistingAsync(Thing("a"))).Text("x"));
    }

    [Fact]
    public async Task A_kept_record_guards_what_changes_beside_it()
    {
        await CommitAsync(RecordChange.Update(Thing("guard")).Set("open", "no"));
        await RefusedAsync(
            RecordChange.Update(Thing()).Set("a", "1"),
            RecordChange.Keep(Thing("guard")).When(Condition.FieldIs("open", Utf8("yes"))));
        Assert.Null(await ReadAsync(Thing()));

        await CommitAsync(
            RecordChange.Update(Thing()).Set("a", "1"),
            RecordChange.Keep(Thing("guard")).When(Condition.FieldIs("open", Utf8("no"))));
        Assert.NotNull(await ReadAsync(Thing()));
    }

    [Fact]
    public async Task A_late_commit_revives_no_removed_record()
    {
        var birth = (await CommitAsync(RecordChange.Update(Thing()).Set("a", "1"))).At.Revision;
        await CommitAsync(RecordChange.Delete(Thing()));
        await RefusedAsync(RecordChange.Update(Thing()).When(Condition.BornAt(birth)).Set("a", "2"));
        Assert.Null(await ReadAsync(Thing()));

        await CommitAsync(RecordChange.Update(Thing()).Set("a", "3"));
        await RefusedAsync(RecordChange.Update(Thing()).When(Condition.BornAt(birth)).Set("a", "2"));
        Assert.Equal("3", (await ExistingAsync(Thing())).Text("a"));
    }

    /// <summary>The conditions let each kind of change pass; the last one removes the record again.</summary>
    private async Task HoldsAsync(Address address, params Condition[] conditions)
    {
        foreach (var change in new[] { RecordChange.Keep(address), RecordChange.Delete(address) })
        {
            foreach (var condition in conditions)
            {
                change.When(condition);
            }

            await CommitAsync(change);
        }
    }

    private async Task FailsAsync(Address address, Condition condition)
    {
        var before = await ReadAsync(address);
        foreach (var change in new[] { RecordChange.Update(address).Set("z", "1"), RecordChange.Keep(address), RecordChange.Delete(address) })
        {
            var refusal = await RefusedAsync(change.When(condition));
            Assert.Equal(condition.Kind, refusal.Condition.Kind);
            Assert.Equal(before?.Revision, refusal.Current?.Revision);
        }

        var after = await ReadAsync(address);
        Assert.Equal(before?.Revision, after?.Revision);
        Assert.Null(after?["z"]);
    }
}
