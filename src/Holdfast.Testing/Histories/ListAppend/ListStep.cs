namespace Holdfast.Testing;

/// <summary>One step of a transaction on lists: it appends a number to one of them, or reads one whole.</summary>
public sealed record ListStep
{
    private ListStep(string list, long? appended, IReadOnlyList<long>? read) => (List, Appended, Read) = (list, appended, read);

    /// <summary>The list's name.</summary>
    public string List { get; }

    /// <summary>What is appended; null for a reading. No number is appended to a list twice, by whomever.</summary>
    public long? Appended { get; }

    /// <summary>What was read; null for an appending.</summary>
    public IReadOnlyList<long>? Read { get; }

    /// <summary>Appends a number.</summary>
    public static ListStep Append(string list, long number) => new(list, number, null);

    /// <summary>Has read the list.</summary>
    public static ListStep Saw(string list, params IReadOnlyList<long> numbers) => new(list, null, numbers);

    /// <inheritdoc/>
    public override string ToString() => Appended is { } number ? $"append {number} to {List}" : $"read {List}: [{string.Join(' ', Read!)}]";
}
