namespace Holdfast.Cli.Topologies;

/// <summary>HTTPS of the gateways.</summary>
/// <param name="Port">The loopback port that all gateways share.</param>
/// <param name="Certificate">The PEM file of the certificate and those that sign it, as a whole path.</param>
/// <param name="Key">The PEM file of its key, as a whole path.</param>
/// <param name="Line">Where the file names them.</param>
internal sealed record TlsTopology(int Port, string Certificate, string Key, int Line);
