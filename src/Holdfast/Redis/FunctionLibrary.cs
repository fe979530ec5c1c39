using System.Text;

namespace Holdfast.Redis;

/// <summary>The library that Redis runs for Holdfast, <c>holdfast1.lua</c>.</summary>
internal static class FunctionLibrary
{
    public const string Name = "holdfast1";

    private static readonly Lazy<string> Source = new(ReadSource);

    /// <summary>
    /// The command that loads it. Several clients may do so at once, and all but the first find it there; it never
    /// replaces a library.
    /// </summary>
    public static PlainCall<string> LoadCall() =>
        new(static (ref reader) => reader.ReadString(), isRepeatable: false, "FUNCTION", "LOAD", Source.Value);

    /// <summary>Why the functions are still missing after that.</summary>
    public static StateException WhyMissing(PlainCall<string>? load) =>
        load?.Fault switch
        {
            StoreErrorException { Error: var error } when !error.Text.Contains("already exists", StringComparison.Ordinal) => error.ToException(),
            StateException fault and not StoreErrorException => fault,
            _ => new StateMismatchException(
                $"The store has a function library '{Name}' that is not Holdfast's: use another server, or remove the library with FUNCTION DELETE {Name}."),
        };

    private static string ReadSource()
    {
        using var stream = typeof(FunctionLibrary).Assembly.GetManifestResourceStream("Holdfast.Redis.holdfast1.lua")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
