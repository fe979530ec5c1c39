using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Gateway.Repeating;

/// <summary>
/// Where an instance, or all of one build, heed idempotency keys: by what answers announce, path by path. Bounded by two
/// generations: when the young one is full it becomes the old one, and what is used moves back.
/// </summary>
internal sealed class KeySupport
{
    public const string HeaderName = "Idempotency-Key-Support";

    /// <summary>Tells that an answer is what an earlier request under the key was answered.</summary>
    public const string ReplayedHeaderName = "Idempotent-Replayed";

    /// <summary>Asks, with a health check, for the build that an instance is of: those of one build heed keys in the same places.</summary>
    public const string BuildHeaderName = "Idempotency-Key-Build";

    /// <summary>Longest name of a build; a longer one is none.</summary>
    public const int LongestBuild = 128;

    /// <summary>Longer paths are not remembered: together they would take more memory than they are worth.</summary>
    private const int LongestPath = 512;

    private const int MostInGeneration = 8192;
    private ConcurrentDictionary<(string Method, string Path), bool> young = new();
    private ConcurrentDictionary<(string Method, string Path), bool> old = new();

    public bool Has(HttpRequest request) => Has((request.Method, PathOf(request)));

    /// <summary>
    /// Takes note of an answer. One that succeeded without an announcement takes an earlier one back; a bare error does
    /// not, because it may be the server's own and not the endpoint's.
    /// </summary>
    public void Learn(HttpRequest request, HttpResponseMessage answer)
    {
        var announced = answer.Headers.NonValidated.Contains(HeaderName);
        var key = (request.Method, PathOf(request));
        if (announced)
        {
            Add(key);
        }
        else if (answer.IsSuccessStatusCode)
        {
            young.TryRemove(key, out _);
            old.TryRemove(key, out _);
        }
    }

    /// <summary>Takes over what another one knows.</summary>
    public void Take(KeySupport other)
    {
        foreach (var (key, _) in other.old.Concat(other.young))
        {
            Add(key);
        }
    }

    private static string PathOf(HttpRequest request) => request.Path.Value ?? "";

    private bool Has((string Method, string Path) key)
    {
        if (young.ContainsKey(key))
        {
            return true;
        }

        if (!old.ContainsKey(key))
        {
            return false;
        }

        Add(key);
        return true;
    }

    private void Add((string Method, string Path) key)
    {
        if (key.Path.Length > LongestPath || !young.TryAdd(key, true) || young.Count <= MostInGeneration)
        {
            return;
        }

        // Two that do this at once lose some of what was learnt, which is learnt again.
        old = young;
        young = new();
    }
}
