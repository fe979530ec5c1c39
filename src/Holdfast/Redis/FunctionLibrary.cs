using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Redis;

/// <summary>The library that Redis runs for Holdfast, <c>holdfast1.lua</c>.</summary>
internal static class FunctionLibrary
{
    public const string Name = "holdfast1";

    private static readonly Lazy<string> Template = new(ReadTemplate);
    private static readonly Lazy<string> DigestOfTemplate = new(static () => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Template.Value))));

    /// <summary>What <c>hf1_digest</c> answers if the server has this very library: the SHA-256 of the text that has no digest in it yet.</summary>
    public static string Digest => DigestOfTemplate.Value;

    /// <summary>
    /// The command that loads it. Several clients may do so at once, and all but the first find it there; it never
    /// replaces a library.
    /// </summary>
    public static PlainCall<string> LoadCall() =>
        new(static (ref reader) => reader.ReadString(), isRepeatable: false, "FUNCTION", "LOAD", Template.Value.Replace("@digest@", Digest, StringComparison.Ordinal));

    /// <summary>Why the functions are still missing after that.</summary>
    public static StateException WhyMissing(PlainCall<string>? load) =>
        load?.Fault switch
        {
            StoreErrorException { Error: var error } when !error.Text.Contains("already exists", StringComparison.Ordinal) => error.ToException(),
            StateException fault and not StoreErrorException => fault,
            _ => Foreign(),
        };

    /// <summary>The server has a library of the name, and it is another one.</summary>
    public static StateMismatchException Foreign() => new(
        $"The store has a function library '{Name}' that is not the one of this release of Holdfast: use another server, or stop who uses that library and "
        + $"remove it with FUNCTION DELETE {Name}.");

    private static string ReadTemplate()
    {
        using var stream = typeof(FunctionLibrary).Assembly.GetManifestResourceStream("Holdfast.Redis.holdfast1.lua")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
