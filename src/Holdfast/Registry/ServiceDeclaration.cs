namespace Holdfast;

/// <summary>
/// What a service is, apart from its instances: its name, the paths that lead to it and the path that tells whether
/// an instance is well. Equal to another when everything in it is.
/// </summary>
public sealed class ServiceDeclaration : IEquatable<ServiceDeclaration>
{
    /// <summary>Most routes of one service.</summary>
    public const int MaxRoutes = 64;

    /// <summary>Longest route and longest health path, in characters.</summary>
    public const int MaxPathLength = 1024;

    /// <summary>Declares a service.</summary>
    /// <param name="name">1 to <see cref="Address.MaxPartLength"/> visible ASCII characters without <c>/</c>, <c>{</c> and <c>}</c>.</param>
    /// <param name="routes">
    /// Path prefixes of whole segments that lead to the service, at most <see cref="MaxRoutes"/>: <c>/shop</c> takes
    /// <c>/shop</c> and <c>/shop/cart</c>, not <c>/shopping</c>; <c>/</c> takes everything. A trailing slash means nothing.
    /// </param>
    /// <param name="healthPath">Answered with 2xx by an instance that is well, such as <c>/healthz</c>.</param>
    /// <exception cref="ArgumentException">A name, route or path is not of that form; the message says why.</exception>
    public ServiceDeclaration(string name, IReadOnlyList<string> routes, string healthPath)
    {
        ArgumentNullException.ThrowIfNull(routes);
        _ = new Address(RegistryRecords.ServiceKind, name);
        if (routes.Count > MaxRoutes)
        {
            throw new ArgumentException($"Service '{name}' has {routes.Count} routes; the most are {MaxRoutes}.", nameof(routes));
        }

        Name = name;
        Routes = [.. routes.Select(route => CheckedPath(route, nameof(routes))).Select(WithoutTrailingSlash).Distinct()];
        HealthPath = CheckedPath(healthPath, nameof(healthPath));
    }

    /// <summary>The service's name.</summary>
    public string Name { get; }

    /// <summary>The path prefixes that lead to the service, without trailing slashes except <c>/</c> itself.</summary>
    public IReadOnlyList<string> Routes { get; }

    /// <summary>The path that an instance which is well answers with 2xx.</summary>
    public string HealthPath { get; }

    /// <summary>How gateways are to treat the service, by the settings' names. The gateway's page tells which there are.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public bool Equals(ServiceDeclaration? other) =>
        other is not null && Name == other.Name && HealthPath == other.HealthPath && Routes.SequenceEqual(other.Routes)
        && Settings.Count == other.Settings.Count && Settings.All(setting => other.Settings.TryGetValue(setting.Key, out var text) && text == setting.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ServiceDeclaration);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, HealthPath);

    private static string CheckedPath(string path, string parameter)
    {
        ArgumentNullException.ThrowIfNull(path, parameter);
        return path.Length is > 0 and <= MaxPathLength && path[0] == '/' && !path.Contains("//", StringComparison.Ordinal)
            && !path.AsSpan().ContainsAnyExceptInRange('!', '~') && path.AsSpan().IndexOfAny('?', '#') < 0
            ? path
            : throw new ArgumentException(
                $"A path begins with '/', has at most {MaxPathLength} visible ASCII characters and no '//', '?' or '#': '{path}' is none.",
                parameter);
    }

    private static string WithoutTrailingSlash(string path) => path.Length > 1 ? path.TrimEnd('/') : path;
}
