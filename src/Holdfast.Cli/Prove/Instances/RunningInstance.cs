using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Cli.Prove.Instances;

/// <summary>An instance that somebody else runs, and that is never stopped from here.</summary>
internal sealed class RunningInstance : Instance
{
    public RunningInstance(int number, Uri address, X509Certificate2Collection? authorities)
        : base(number)
    {
        Address = address;
        Client = CreateClient(authorities is null ? null : (_, certificate, _, errors) => IsTrusted(certificate, errors, authorities));
    }

    public override Uri Address { get; }

    public override HttpMessageInvoker Client { get; }

    /// <summary>Servers that tell sites apart by their name are asked for their own.</summary>
    public override string? Host => null;

    public override ValueTask DisposeAsync()
    {
        Client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsTrusted(X509Certificate? certificate, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        return chain.Build(new X509Certificate2(certificate));
    }
}
