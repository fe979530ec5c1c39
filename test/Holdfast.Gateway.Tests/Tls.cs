using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Holdfast.TestServers;

namespace Holdfast.Gateway.Tests;

/// <summary>A gateway's HTTPS with a certificate of the test's own, and clients that accept it.</summary>
internal static class Tls
{
    public static GatewayOptions Serve(GatewayOptions options) => options with
    {
        Tls = new GatewayTls { Port = 0, Files = [], Load = static () => SslStreamCertificateContext.Create(SelfSigned.Certificate(), null, offline: true) },
    };

    /// <summary>A client that speaks HTTP/2 and nothing else.</summary>
    public static HttpClient Client(Rig rig) => new(Handler())
    {
        BaseAddress = rig.TlsAddress,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>Whether it is one that the tests make.</summary>
    public static bool IsTests(X509Certificate? certificate) => certificate?.Subject == "CN=localhost";

    public static SocketsHttpHandler Handler() => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => IsTests(certificate),
        },
    };
}
