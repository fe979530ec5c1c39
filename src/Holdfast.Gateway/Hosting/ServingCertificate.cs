using System.Net.Security;
using System.Security.Cryptography;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// The certificate that new connections get. Its files are looked at once a second, when a connection comes: when they
/// have changed and can be used, it is replaced, and connections that exist go on. When they can't, the earlier one stays.
/// They are compared by content: where a link along their path leads elsewhere, as in Kubernetes' secrets, their times tell nothing.
/// </summary>
internal sealed class ServingCertificate
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly GatewayTls tls;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private SslServerAuthenticationOptions options;
    private string[] contents;
    private long lookedAt;

    public ServingCertificate(GatewayTls tls, TimeProvider clock, ILogger<ServingCertificate> logger)
    {
        (this.tls, this.clock, this.logger) = (tls, clock, logger);
        contents = Contents();
        lookedAt = clock.GetTimestamp();
        options = OptionsOf(tls.Load());
    }

    /// <summary>What a handshake goes by.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            lock (gate)
            {
                if (clock.GetElapsedTime(lookedAt) >= Interval)
                {
                    lookedAt = clock.GetTimestamp();
                    Look();
                }

                return options;
            }
        }
    }

    private static SslServerAuthenticationOptions OptionsOf(SslStreamCertificateContext certificate) => new()
    {
        ServerCertificateContext = certificate,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        AllowRenegotiation = false,
    };

    private void Look()
    {
        var found = Contents();
        if (found.SequenceEqual(contents))
        {
            return;
        }

        contents = found;
        try
        {
            options = OptionsOf(tls.Load());
            Log.CertificateReplaced(logger, options.ServerCertificateContext!.TargetCertificate.Subject, options.ServerCertificateContext.TargetCertificate.NotAfter);
        }
        catch (Exception fault) when (fault is ArgumentException or IOException or UnauthorizedAccessException)
        {
            Log.CertificateRefused(logger, fault.Message);
        }
    }

    private string[] Contents() => [.. tls.Files.Select(ContentOf)];

    private static string ContentOf(string path)
    {
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is looked at again, and the certificate in use stays meanwhile.
            return "";
        }
    }
}
