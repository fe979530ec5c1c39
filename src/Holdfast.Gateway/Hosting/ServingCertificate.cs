using System.Net.Security;
using System.Security.Cryptography;

namespace Holdfast.Gateway.Hosting;

/// <summary>
/// The certificate that new connections get. Its files are looked at once a second: when they have changed and can be used, it is replaced, and connections that exist go on. When they
/// can't, the earlier one stays. No handshake waits for that: a folder from another machine may be slow.
/// They are compared by content: where a link along their path leads elsewhere, as in Kubernetes' secrets, their times tell nothing.
/// </summary>
internal sealed class ServingCertificate : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly GatewayTls tls;
    private readonly ILogger logger;
    private readonly ITimer timer;
    private volatile SslServerAuthenticationOptions options;
    private string[] contents;
    private int isLooking;

    public ServingCertificate(GatewayTls tls, TimeProvider clock, ILogger<ServingCertificate> logger)
    {
        (this.tls, this.logger) = (tls, logger);
        contents = Contents();
        options = OptionsOf(tls.Load());
        timer = clock.CreateTimer(static certificate => ((ServingCertificate)certificate!).LookAlone(), this, Interval, Interval);
    }

    /// <summary>What a handshake goes by.</summary>
    public SslServerAuthenticationOptions Current => options;

    public void Dispose() => timer.Dispose();

    private static SslServerAuthenticationOptions OptionsOf(SslStreamCertificateContext certificate) => new()
    {
        ServerCertificateContext = certificate,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        AllowRenegotiation = false,
    };

    private void LookAlone()
    {
        // It may take longer than until the next time.
        if (Interlocked.Exchange(ref isLooking, 1) == 0)
        {
            try
            {
                Look();
            }
            catch (Exception fault)
            {
                Log.CertificateRefused(logger, fault.Message);
            }

            Volatile.Write(ref isLooking, 0);
        }
    }

    private void Look()
    {
        var found = Contents();
        if (found.SequenceEqual(contents))
        {
            return;
        }

        contents = found;
        options = OptionsOf(tls.Load());
        Log.CertificateReplaced(logger, options.ServerCertificateContext!.TargetCertificate.Subject, options.ServerCertificateContext.TargetCertificate.NotAfter);
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
