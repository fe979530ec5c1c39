using System.Text.Json.Serialization.Metadata;

namespace Holdfast.AspNetCore;

/// <summary>
/// A map in the session. Each entry is a key of the session, <c>NAME:ENTRY</c>, so that requests that change different entries at the same
/// time do not overwrite each other.
/// </summary>
/// <typeparam name="T">What an entry holds.</typeparam>
public sealed class SessionMap<T>
{
    private readonly SessionValues values;
    private readonly string prefix;
    private readonly JsonTypeInfo<T> type;

    internal SessionMap(SessionValues values, string name, JsonTypeInfo<T> type) => (this.values, prefix, this.type) = (values, name + ":", type);

    /// <summary>The entry, or the default when there is none that can be read.</summary>
    public ValueTask<T?> GetAsync(string entry, CancellationToken cancellationToken = default) => values.GetAsync(prefix + entry, type, cancellationToken);

    /// <summary>Sets the entry.</summary>
    public ValueTask SetAsync(string entry, T value, CancellationToken cancellationToken = default) =>
        values.SetAsync(prefix + entry, value, type, cancellationToken);

    /// <summary>Changes the entry by what it is, as <see cref="SessionValues.UpdateAsync{T}(string, Func{T, T}, JsonTypeInfo{T}, CancellationToken)"/> does.</summary>
    public ValueTask<T?> UpdateAsync(string entry, Func<T?, T?> change, CancellationToken cancellationToken = default) =>
        values.UpdateAsync(prefix + entry, change, type, cancellationToken);

    /// <summary>Takes the entry away.</summary>
    public ValueTask RemoveAsync(string entry, CancellationToken cancellationToken = default) => values.RemoveAsync(prefix + entry, cancellationToken);

    /// <summary>The names of the entries, in no order.</summary>
    public async ValueTask<IReadOnlyList<string>> EntriesAsync(CancellationToken cancellationToken = default) =>
        [.. from key in await values.KeysAsync(cancellationToken) where key.StartsWith(prefix, StringComparison.Ordinal) select key[prefix.Length..]];
}
