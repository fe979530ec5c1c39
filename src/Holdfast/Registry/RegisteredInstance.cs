namespace Holdfast;

/// <summary>An instance whose lease holds.</summary>
/// <param name="Id">Its name within the service, such as <c>shop-1</c>.</param>
/// <param name="Url">Where it listens: scheme, host and port, such as <c>http://127.0.0.1:5001/</c>.</param>
/// <param name="State">How far it is.</param>
public sealed record RegisteredInstance(string Id, Uri Url, InstanceState State);
