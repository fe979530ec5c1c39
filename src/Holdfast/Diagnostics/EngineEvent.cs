namespace Holdfast;

/// <summary>How much an engine's event matters to who runs it.</summary>
public enum EngineEventLevel
{
    /// <summary>For who debugs the engine.</summary>
    Debug,

    /// <summary>A normal event worth a line.</summary>
    Information,

    /// <summary>Something was lost, late or refused, and the engine goes on.</summary>
    Warning,

    /// <summary>The engine can't do its work.</summary>
    Error,
}

/// <summary>
/// Something that an engine has to say. The library depends on no logging package; hosts pass these on to theirs, as
/// Holdfast.AspNetCore does.
/// </summary>
/// <param name="Level">How much it matters.</param>
/// <param name="Name">A stable name, such as <c>TornTailCut</c>.</param>
/// <param name="Message">What happened, for a person. Holds no secret and no id of a session or user.</param>
/// <param name="Exception">The cause, if there is one.</param>
public readonly record struct EngineEvent(EngineEventLevel Level, string Name, string Message, Exception? Exception = null);
