using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.AspNetCore.Requests;
using Holdfast.AspNetCore.Sessions;

namespace Holdfast.AspNetCore;

/// <summary>
/// The session with types, and without blocking: JSON values, counters, and maps whose entries merge. The keys are those of <c>HttpContext.Session</c>. Changes go
/// with the request's commit. Get it with <c>HttpContext.GetState().SessionValues</c>. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// A value that is no JSON of the type, because another version of the application wrote it, counts as absent, is logged once and counted, and
/// stays as it is until it is set. All methods throw <see cref="StateException"/> when the session can't be read, and those that change it
/// <see cref="InvalidOperationException"/> when the response has begun.
/// </remarks>
public sealed class SessionValues
{
    private const string Reflection = "JSON by reflection may need code that trimming removes: pass a JsonTypeInfo.";

    private readonly RequestSession session;
    private readonly StateServices services;

    internal SessionValues(RequestSession session, StateServices services) => (this.session, this.services) = (session, services);

    /// <summary>The value of the key, or the default when there is none that can be read.</summary>
    public async ValueTask<T?> GetAsync<T>(string key, JsonTypeInfo<T> type, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await session.LoadAsync(cancellationToken);
        return session.TryGetValue(key, out var json) ? Parse(key, json, type) : default;
    }

    /// <inheritdoc cref="GetAsync{T}(string, JsonTypeInfo{T}, CancellationToken)"/>
    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    public ValueTask<T?> GetAsync<T>(string key, CancellationToken cancellationToken = default) => GetAsync(key, TypeOf<T>(), cancellationToken);

    /// <summary>Gives the key a value.</summary>
    /// <exception cref="StateLimitException">The key or the value is too large.</exception>
    public async ValueTask SetAsync<T>(string key, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await session.LoadAsync(cancellationToken);
        session.Set(key, JsonSerializer.SerializeToUtf8Bytes(value, type));
    }

    /// <inheritdoc cref="SetAsync{T}(string, T, JsonTypeInfo{T}, CancellationToken)"/>
    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    public ValueTask SetAsync<T>(string key, T value, CancellationToken cancellationToken = default) => SetAsync(key, value, TypeOf<T>(), cancellationToken);

    /// <summary>Takes the key away.</summary>
    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await session.LoadAsync(cancellationToken);
        session.Remove(key);
    }

    /// <summary>
    /// Changes a value by what it is, with the request's commit. If a parallel request changes it first, the function is called again with what that left, so
    /// that no change is lost: it must do nothing but compute. A default (null) takes the key away.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="change">Makes the new value of the one before, the default when there is none. May be called up to 16 times; then the client is answered 409.</param>
    /// <param name="type">How the type stands as JSON.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The value as it would be by what is known now.</returns>
    public async ValueTask<T?> UpdateAsync<T>(string key, Func<T?, T?> change, JsonTypeInfo<T> type, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(change);
        await session.LoadAsync(cancellationToken);
        T? last = default;
        session.Update(key, json =>
        {
            last = change(json is { } known ? Parse(key, known.Span, type) : default);
            return last is null ? null : JsonSerializer.SerializeToUtf8Bytes(last, type);
        });
        return last;
    }

    /// <inheritdoc cref="UpdateAsync{T}(string, Func{T, T}, JsonTypeInfo{T}, CancellationToken)"/>
    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    public ValueTask<T?> UpdateAsync<T>(string key, Func<T?, T?> change, CancellationToken cancellationToken = default) =>
        UpdateAsync(key, change, TypeOf<T>(), cancellationToken);

    /// <summary>Counts the key up, or down by a negative number; an absent one counts as 0. However many requests do so at the same time, each counts.</summary>
    /// <returns>The count by what is known now: parallel requests may have added to it by the time of the commit.</returns>
    /// <exception cref="FormatException">The key holds no counter.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It would leave the range of exact integers, ±(2^53 - 1).</exception>
    public async ValueTask<long> IncrementAsync(string key, long by = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await session.LoadAsync(cancellationToken);
        return session.Increment(key, by);
    }

    /// <summary>Raises the count to at least this; an absent one becomes it. Of requests that do so at the same time, the highest stands.</summary>
    /// <returns>The count by what is known now.</returns>
    /// <exception cref="FormatException">The key holds no counter.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is outside the range of exact integers, ±(2^53 - 1).</exception>
    public async ValueTask<long> RaiseToAsync(string key, long floor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await session.LoadAsync(cancellationToken);
        return session.Raise(key, floor);
    }

    /// <summary>The count; 0 when there is none.</summary>
    /// <exception cref="FormatException">The key holds no counter.</exception>
    public async ValueTask<long> CountAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await session.LoadAsync(cancellationToken);
        return session.Count(key);
    }

    /// <summary>A map of the session, each entry a key of its own, <c>NAME:ENTRY</c>: requests that change different entries at the same time merge.</summary>
    public SessionMap<T> Map<T>(string name, JsonTypeInfo<T> type)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(type);
        return new SessionMap<T>(this, name, type);
    }

    /// <inheritdoc cref="Map{T}(string, JsonTypeInfo{T})"/>
    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    public SessionMap<T> Map<T>(string name) => Map(name, TypeOf<T>());

    /// <summary>Has this request not slide the idle timeout, unless it changes the session: for what a page asks by itself while nobody is there.</summary>
    public void Peek() => session.IsPeek = true;

    internal async ValueTask<IReadOnlyList<string>> KeysAsync(CancellationToken cancellationToken)
    {
        await session.LoadAsync(cancellationToken);
        return [.. session.Keys];
    }

    [RequiresUnreferencedCode(Reflection)]
    [RequiresDynamicCode(Reflection)]
    private static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)JsonSerializerOptions.Default.GetTypeInfo(typeof(T));

    private T? Parse<T>(string key, ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException fault)
        {
            services.Unreadable.Tell(key, typeof(T), fault);
            return default;
        }
    }
}
