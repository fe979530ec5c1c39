using System.CommandLine;
using System.Net;
using Holdfast.Gateway;

namespace Holdfast.Cli.Gateway;

/// <summary><c>holdfast gateway</c>: runs one gateway until it is told to end.</summary>
internal static class GatewayCommand
{
    private const string StateVariable = "HOLDFAST_STATE";

    /// <summary>
    /// Has .NET's sockets finish an operation on the thread that heard of it, and listen with a thread for each core. It is read when
    /// the first socket is made, and there is no other way to say it.
    /// </summary>
    private const string InlineSockets = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static Command Create()
    {
        var port = new Option<int>("--port")
        {
            Description = "The TCP port to listen on. Several gateways of one user can share it.",
            Required = true,
        };
        var state = new Option<string?>("--state")
        {
            Description = $"The URL of the store that holds the instance registry, such as redis://127.0.0.1:6379. Default: ${StateVariable}.",
        };
        var host = new Option<IPAddress>("--host")
        {
            Description = "The IP address to listen on.",
            DefaultValueFactory = static _ => IPAddress.Loopback,
            CustomParser = static result => Address(result),
        };
        var region = new Option<string>("--region")
        {
            Description = "Where the gateway is, such as eu-1: instances of that region are preferred. Default: everywhere.",
            DefaultValueFactory = static _ => "",
        };
        var serving = new ServingOptions();
        port.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > IPEndPoint.MaxPort)
            {
                result.AddError($"--port takes a number from 1 to {IPEndPoint.MaxPort}.");
            }
        });

        var command = new Command("gateway", "Gives requests to the instances in the registry in turn, and repeats those whose instance died.")
        {
            port, state, host, region,
        };
        serving.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(state),
            state => serving.Apply(parsed, new GatewayOptions
            {
                Port = parsed.GetRequiredValue(port),
                Host = parsed.GetRequiredValue(host),
                Region = parsed.GetValue(region)!,
                OpenStore = async (options, token) => await RedisEngine.OpenAsync(state, options, token),
            }),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? state, Func<string, GatewayOptions> describe, CancellationToken cancellationToken)
    {
        state ??= Environment.GetEnvironmentVariable(StateVariable);
        if (string.IsNullOrEmpty(state))
        {
            throw new CommandException($"No store to follow: give --state URL, or set {StateVariable}.");
        }

        if (Environment.GetEnvironmentVariable(InlineSockets) is null)
        {
            Environment.SetEnvironmentVariable(InlineSockets, "1");
        }

        var options = describe(state);
        try
        {
            await using var gateway = await GatewayHost.StartAsync(options, cancellationToken);
            Console.Out.WriteLine($"ready on {gateway.Address}");
            await gateway.WaitForShutdownAsync(CancellationToken.None);
            return ExitCode.Done;
        }
        catch (OperationCanceledException)
        {
            // It was told to end before it listened.
            return ExitCode.Done;
        }
        catch (IOException fault)
        {
            throw new CommandException(
                $"Can't listen on {string.Join(" or ", Places(options))}. {fault.Message} Stop what uses the port, or choose another with --port, --tls-port or --admin-port.");
        }
        catch (ArgumentException fault)
        {
            throw new CommandException($"--state can't be read. {fault.Message}");
        }
    }

    private static IEnumerable<string> Places(GatewayOptions options)
    {
        yield return $"{options.Host}:{options.Port}";
        if (options.Tls is { } tls)
        {
            yield return $"{options.Host}:{tls.Port}";
        }

        if (options.AdminPort is { } admin)
        {
            yield return $"127.0.0.1:{admin}";
        }
    }

    private static IPAddress Address(System.CommandLine.Parsing.ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens.Single().Value, out var address))
        {
            return address;
        }

        result.AddError("--host takes an IP address, such as 127.0.0.1 or 0.0.0.0.");
        return IPAddress.None;
    }
}
