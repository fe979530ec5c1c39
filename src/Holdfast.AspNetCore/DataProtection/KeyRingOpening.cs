using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.AspNetCore.DataProtection;

/// <summary>
/// Stops the start of an instance that has none of the certificates that the ring's keys are encrypted under: the framework would have
/// it make a key of its own and go on, with sessions that nobody else opens. A ring that it can open in part is told of.
/// </summary>
internal sealed class KeyRingOpening(StateKeyRepository repository, KeyCertificates certificates, ILogger<KeyRingOpening> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var problems = new List<CryptographicException>();
        var opened = 0;
        foreach (var sealedKey in repository.GetAllElements().SelectMany(static element => element.Descendants("sealedKey")))
        {
            try
            {
                KeyEnvelope.Open(sealedKey, certificates);
                opened++;
            }
            catch (Exception fault) when (fault is CryptographicException or FormatException or System.Xml.XmlException)
            {
                problems.Add(fault as CryptographicException ?? new CryptographicException("An encrypted data-protection key was altered.", fault));
            }
        }

        if (problems.Count > 0 && opened == 0)
        {
            throw new StateException("No data-protection key in the store can be opened. " + problems[0].Message, problems[0]);
        }

        foreach (var problem in problems)
        {
            logger.KeyUnopened(problem);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
