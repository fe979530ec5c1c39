namespace Holdfast.Testing.Tests.Engines;

/// <summary>The histories of one engine, and its column in the table of docs/engines.md.</summary>
public abstract class EngineHistories(EngineFixture store) : HistoryConformance(store)
{
    /// <summary>The column's name.</summary>
    protected abstract string Column { get; }

    [Fact]
    public void The_table_of_engines_says_what_this_one_is_shown_to_keep() => EnginesTable.Check(Column, Fixture.GetType(), Engine.Capabilities);
}
