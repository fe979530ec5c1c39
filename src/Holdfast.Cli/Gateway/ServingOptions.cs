using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Holdfast.Cli.Logs;
using Holdfast.Cli.Node;
using Holdfast.Cli.Topologies;
using Holdfast.Gateway;

namespace Holdfast.Cli.Gateway;

/// <summary>The gateway's options beyond where it listens: HTTPS, what operators see, and how it ends.</summary>
internal sealed class ServingOptions
{
    private const int LongestDrainSeconds = 3600;

    private readonly Option<int?> tlsPort = Port("--tls-port", "The TCP port for HTTPS, by HTTP/2 and HTTP/1.1. Needs --tls-certificate and --tls-key.");
    private readonly Option<string?> certificate = new("--tls-certificate") { Description = "The certificate and those that sign it, in PEM. Loaded again when it changes." };
    private readonly Option<string?> key = new("--tls-key") { Description = "The certificate's key in PEM, without a passphrase." };
    private readonly Option<int?> adminPort = Port("--admin-port", "A loopback port for /metrics (Prometheus), /livez and /readyz.");
    private readonly Option<string?> accessLog = new("--access-log") { Description = "A file to append a line for each request to; - for standard output." };
    private readonly Option<string?> accessLogSize = new("--access-log-size")
    {
        Description = "How large the access log may become before it is FILE.1 and a new one begins, such as 10M. Default: it is not rotated.",
        HelpName = "SIZE",
    };

    private readonly Option<int> accessLogKeep = new("--access-log-keep")
    {
        Description = "How many earlier access logs are kept.",
        DefaultValueFactory = static _ => new LogRotation().Keep,
    };

    private readonly Option<int> drain = new("--drain-seconds")
    {
        Description = "How long requests in flight may take to finish at the end.",
        DefaultValueFactory = static _ => (int)GatewayLimits.DrainTimeout.TotalSeconds,
    };

    public void AddTo(Command command)
    {
        drain.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > LongestDrainSeconds)
            {
                result.AddError($"--drain-seconds takes a number from 1 to {LongestDrainSeconds}.");
            }
        });
        command.Validators.Add(result =>
        {
            var given = new[] { result.GetResult(tlsPort) is not null, result.GetResult(certificate) is not null, result.GetResult(key) is not null };
            if (given.Distinct().Count() > 1)
            {
                result.AddError("--tls-port, --tls-certificate and --tls-key go together: give all three, or none.");
            }
        });
        command.Validators.Add(ValidateRotation);
        foreach (var option in (Option[])[tlsPort, certificate, key, adminPort, accessLog, accessLogSize, accessLogKeep, drain])
        {
            command.Options.Add(option);
        }
    }

    public GatewayOptions Apply(ParseResult parsed, GatewayOptions options) => options with
    {
        Tls = parsed.GetValue(tlsPort) is { } port ? Tls(port, parsed.GetValue(certificate)!, parsed.GetValue(key)!) : null,
        AdminPort = parsed.GetValue(adminPort),
        DrainTimeout = TimeSpan.FromSeconds(parsed.GetValue(drain)),
        OpenAccessLog = parsed.GetValue(accessLog) switch
        {
            null => null,
            "-" => Console.OpenStandardOutput,
            var file => AccessLog(Path.GetFullPath(file), Rotation(parsed)),
        },
    };

    private void ValidateRotation(CommandResult result)
    {
        if (result.GetResult(accessLogKeep) is { Implicit: false } && result.GetValue(accessLogKeep) is < 0 or > LogRotation.MaxKeep)
        {
            result.AddError($"--access-log-keep takes a number from 0 to {LogRotation.MaxKeep}.");
        }

        if (result.GetValue(accessLogSize) is not { } size)
        {
            return;
        }

        if (!ByteSize.TryParse(size, out var bytes) || bytes is < LogRotation.LeastBytes or > LogRotation.MostBytes)
        {
            result.AddError($"--access-log-size takes {ByteSize.Form}, from {ByteSize.Text(LogRotation.LeastBytes)} to {ByteSize.Text(LogRotation.MostBytes)}.");
        }

        if (result.GetValue(accessLog) is null or "-")
        {
            result.AddError("--access-log-size needs a file: give --access-log, too.");
        }
    }

    private LogRotation? Rotation(ParseResult parsed) => parsed.GetValue(accessLogSize) is { } size && ByteSize.TryParse(size, out var bytes)
        ? new LogRotation { MaxBytes = bytes, Keep = parsed.GetValue(accessLogKeep) }
        : null;

    private static GatewayTls Tls(int port, string certificateFile, string keyFile)
    {
        var tls = new GatewayTls
        {
            Port = port,
            Files = [Path.GetFullPath(certificateFile), Path.GetFullPath(keyFile)],
            Load = () => NodeCertificate.Load(certificateFile, keyFile),
        };
        try
        {
            // Once ahead of everything, so that what is wrong with it is told as such.
            tls.Load();
            return tls;
        }
        catch (Exception fault) when (fault is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"--tls-certificate and --tls-key can't be used. {fault.Message}");
        }
    }

    private static Func<Stream> AccessLog(string file, LogRotation? rotation)
    {
        var log = new AccessLogFile(file, rotation);
        try
        {
            log.Open().Dispose();
            return log.Open;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"--access-log can't be written. {fault.Message}");
        }
    }

    private static Option<int?> Port(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int?>() is < 1 or > IPEndPoint.MaxPort)
            {
                result.AddError($"{name} takes a number from 1 to {IPEndPoint.MaxPort}.");
            }
        });
        return option;
    }
}
