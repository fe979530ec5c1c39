using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Holdfast.Node;

/// <summary>
/// The commands that the node knows. What is absent, such as EVAL, CONFIG, MODULE and DEBUG, is absent on purpose: a
/// client that got in can read and write the state, and nothing else.
/// </summary>
internal static class CommandTable
{
    private const int MaxNameLength = 32;

    private static readonly FrozenDictionary<string, CommandSpec> Commands =
        new[] { ConnectionCommands.All, ServerCommands.All, KeyCommands.All, StringCommands.All, HashCommands.All, FunctionCommands.All, SignalCommands.All }
            .SelectMany(static group => group)
            .ToFrozenDictionary(static command => command.Name);

    private static readonly FrozenDictionary<string, CommandSpec>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Commands.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The commands whose names are at most eight letters, by these: nearly all.</summary>
    private static readonly FrozenDictionary<ulong, CommandSpec> ByLetters =
        Commands.Values.Where(static command => TryPack(Encoding.ASCII.GetBytes(command.Name), out _))
            .ToFrozenDictionary(static command => TryPack(Encoding.ASCII.GetBytes(command.Name), out var letters) ? letters : 0);

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<CommandSpec> All { get; } = InPlaces();

    /// <summary>The command's, or its subcommand's, specification; null with Redis's error when there is none or the number of arguments is wrong.</summary>
    public static CommandSpec? Find(in Command command, out string? error)
    {
        error = null;
        if (!TryFind(command[0], out var spec))
        {
            error = UnknownCommand(command);
            return null;
        }

        if (spec.Subcommands is not null && command.Count > 1)
        {
            if (!spec.Subcommands.TryGetValue(command.Text(1).ToLowerInvariant(), out var subcommand))
            {
                error = UnknownSubcommand(spec, command);
                return null;
            }

            spec = subcommand;
        }

        if (!spec.Takes(command.Count))
        {
            error = $"ERR wrong number of arguments for '{spec.Name}' command";
            return null;
        }

        return spec.IsCall ? FunctionCommands.Find(spec, command, out error) : spec;
    }

    /// <summary>Names the subcommands of a command.</summary>
    public static IReadOnlyDictionary<string, CommandSpec> Subcommands(params CommandSpec[] specs) =>
        specs.ToFrozenDictionary(static spec => spec.Name[(spec.Name.IndexOf('|', StringComparison.Ordinal) + 1)..]);

    /// <summary>At most so many bytes, ended by a NUL as C ends them; every byte as one character, and what is no ASCII as '?'.</summary>
    public static string Cut(ReadOnlySpan<byte> text, int maxBytes)
    {
        var nul = text.IndexOf((byte)0);
        text = nul < 0 ? text : text[..nul];
        return Encoding.ASCII.GetString(text[..Math.Min(text.Length, maxBytes)]);
    }

    private static CommandSpec[] InPlaces()
    {
        CommandSpec[] all = [.. Commands.Values.OrderBy(static command => command.Name, StringComparer.Ordinal)];
        for (var place = 0; place < all.Length; place++)
        {
            var parts = all[place].Subcommands?.Values ?? (all[place].Name == "fcall" ? FunctionCommands.Functions : []);
            foreach (var spec in parts.Append(all[place]))
            {
                spec.Place = place;
            }
        }

        return all;
    }

    private static string UnknownSubcommand(CommandSpec spec, in Command command) => string.Create(
        CultureInfo.InvariantCulture,
        $"ERR unknown subcommand '{Cut(command[1], 128)}'. Try {spec.Name.ToUpperInvariant()} HELP.");

    /// <summary>Redis's words, and its bound: the arguments are told until they have 128 bytes.</summary>
    private static string UnknownCommand(in Command command)
    {
        var arguments = new StringBuilder();
        for (var i = 1; i < command.Count && arguments.Length < 128; i++)
        {
            var argument = Cut(command[i], 128 - arguments.Length);
            arguments.Append('\'').Append(argument).Append("' ");
        }

        return $"ERR unknown command '{Cut(command[0], 128)}', with args beginning with: {arguments}";
    }

    private static bool TryFind(ReadOnlySpan<byte> name, [NotNullWhen(true)] out CommandSpec? spec)
    {
        if (TryPack(name, out var letters))
        {
            return ByLetters.TryGetValue(letters, out spec);
        }

        Span<char> lower = stackalloc char[MaxNameLength];
        spec = null;
        return TryLower(name, lower, out var length) && Lookup.TryGetValue(lower[..length], out spec);
    }

    /// <summary>Packs one to eight letters, in any case, into a number.</summary>
    private static bool TryPack(ReadOnlySpan<byte> name, out ulong letters)
    {
        letters = 0;
        if (name.Length is 0 or > sizeof(ulong))
        {
            return false;
        }

        foreach (var character in name)
        {
            var lower = (uint)character | 0x20;
            if (lower - 'a' > 'z' - 'a')
            {
                return false;
            }

            letters = (letters << 8) | lower;
        }

        return true;
    }

    private static bool TryLower(ReadOnlySpan<byte> name, Span<char> lower, out int length)
    {
        length = 0;
        return name.Length <= lower.Length && Ascii.ToLower(name, lower, out length) == System.Buffers.OperationStatus.Done;
    }
}
