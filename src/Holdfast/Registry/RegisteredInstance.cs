namespace Holdfast;

/// <summary>An instance whose lease holds.</summary>
/// <param name="Id">Its name within the service, such as <c>shop-1</c>.</param>
/// <param name="Url">Where it listens: scheme, host and port, such as <c>http://127.0.0.1:5001/</c>.</param>
/// <param name="State">How far it is.</param>
public sealed record RegisteredInstance(string Id, Uri Url, InstanceState State)
{
    /// <summary>The weight of an instance that says nothing else. 100.</summary>
    public const int DefaultWeight = 100;

    /// <summary>The largest weight. 10,000.</summary>
    public const int MaxWeight = 10_000;

    /// <summary>Where it is, such as <c>eu-1</c>: gateways of the same region prefer it. Empty for everywhere.</summary>
    public string Region { get; init; } = "";

    /// <summary>Its share of the requests, against the weights of the service's other instances. 1 to <see cref="MaxWeight"/>.</summary>
    public int Weight { get; init; } = DefaultWeight;
}
