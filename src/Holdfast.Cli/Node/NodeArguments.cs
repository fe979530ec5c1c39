using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Holdfast.Cli.Node;

/// <summary>What can be said to <c>holdfast node</c>, and the options that follow from it.</summary>
internal sealed class NodeArguments
{
    private const string MaxMemoryVariable = "HOLDFAST_NODE_MAX_MEMORY";
    private const string EvictVariable = "HOLDFAST_NODE_EVICT";

    private readonly Option<string> data = new("--data")
    {
        Description = "The folder that holds the state; created if it is missing.",
        HelpName = "FOLDER",
        Required = true,
    };

    private readonly Option<string> socket = new("--socket") { Description = "Listen on this Unix socket, made with mode 0600; no password.", HelpName = "PATH" };

    private readonly Option<int?> port = new("--port") { Description = "Listen on this port; 0 for a free one.", HelpName = "N" };

    private readonly Option<string> bind = new("--bind")
    {
        Description = "The port's address. Beyond loopback it takes a password, --tls-cert and --tls-key.",
        HelpName = "ADDRESS",
        DefaultValueFactory = static _ => "127.0.0.1",
    };

    private readonly Option<string> passwordFile = new("--password-file")
    {
        Description = $"The file whose first line is the port's password; or set {NodePasswordSource.Variable}.",
        HelpName = "FILE",
    };

    private readonly Option<string> tlsCertificate = new("--tls-cert")
    {
        Description = "Speak TLS on the port, with the certificate in this PEM file; those between it and its root may follow in it.",
        HelpName = "FILE",
    };

    private readonly Option<string> tlsKey = new("--tls-key") { Description = "The certificate's private key, a PEM file.", HelpName = "FILE" };

    private readonly Option<string> durability = new("--durability")
    {
        Description = "When SET and its like are acknowledged: synced, which survives loss of power, or written, which survives kill -9.",
        HelpName = "LEVEL",
        DefaultValueFactory = static _ => "synced",
    };

    private readonly Option<int> idleTimeout = new("--idle-timeout")
    {
        Description = "Disconnect a client that has been silent for so many seconds; 0 for never.",
        HelpName = "SECONDS",
        DefaultValueFactory = static _ => 0,
    };

    private readonly Option<string> maxMemory = new("--max-memory")
    {
        Description = $"What records may take, as 512M or 4G; three quarters of the machine's memory by default. Or set {MaxMemoryVariable}.",
        HelpName = "SIZE",
    };

    private readonly Option<string> evict = new("--evict")
    {
        Description = $"The kinds of records that may go when memory runs out, as cache,page; none by default. Or set {EvictVariable}.",
        HelpName = "KINDS",
    };

    private readonly Option<int> partitions = new("--partitions")
    {
        Description = "The number of partitions of a folder that is created, a power of two.",
        HelpName = "N",
        DefaultValueFactory = static _ => PartitionMap.DefaultCount,
    };

    public void AddTo(Command command)
    {
        durability.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value is not ("synced" or "written"))
            {
                result.AddError($"--durability is synced or written, not '{result.Tokens[0].Value}'.");
            }
        });
        RequireNumber(port, static number => number is >= 0 and <= IPEndPoint.MaxPort, $"0 to {IPEndPoint.MaxPort}");
        RequireNumber(idleTimeout, static number => number >= 0, "a number of seconds from 0 on");
        RequireNumber(
            partitions, static number => number is >= 1 and <= PartitionMap.MaxCount && int.IsPow2(number), $"a power of two from 1 to {PartitionMap.MaxCount}");
        bind.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !IPAddress.TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError($"--bind is an IP address of this machine, as 127.0.0.1, ::1 or 0.0.0.0, not '{result.Tokens[0].Value}'.");
            }
        });
        foreach (var option in (Option[])[data, socket, port, bind, passwordFile, tlsCertificate, tlsKey, durability, idleTimeout, maxMemory, evict, partitions])
        {
            command.Options.Add(option);
        }

        command.Validators.Add(CheckTogether);
    }

    public string Folder(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(data)!);

    public StateEngineOptions Engine(ParseResult parsed) => new()
    {
        PartitionCount = parsed.GetValue(partitions),
        MaxMemoryBytes = ByteSize.TryParse(MaxMemory(parsed.GetValue(maxMemory)), out var bytes) ? bytes : null,
        EvictableKinds = Kinds(parsed.GetValue(evict)),
        Log = NodeEvents.Write,
    };

    public StateNodeOptions Node(ParseResult parsed) => new()
    {
        UnixSocketPath = parsed.GetValue(socket) is { } path ? Path.GetFullPath(path) : null,
        EndPoint = parsed.GetValue(port) is { } number ? new IPEndPoint(IPAddress.Parse(parsed.GetValue(bind)!), number) : null,
        Password = NodePasswordSource.Read(parsed.GetValue(passwordFile)),
        Certificate = parsed.GetValue(tlsCertificate) is { } certificate ? NodeCertificate.Load(certificate, parsed.GetValue(tlsKey)!) : null,
        Durability = parsed.GetValue(durability) == "written" ? Durability.Written : Durability.Synced,
        IdleTimeout = parsed.GetValue(idleTimeout) is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null,
    };

    private static string MaxMemory(string? given) => given ?? Environment.GetEnvironmentVariable(MaxMemoryVariable) ?? "";

    private static string[] Kinds(string? given) =>
        (given ?? Environment.GetEnvironmentVariable(EvictVariable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private void CheckTogether(CommandResult result)
    {
        if (result.GetResult(socket) is null && result.GetResult(port) is null)
        {
            result.AddError("Name --socket or --port, or both: the node needs something to listen on.");
        }

        if (MaxMemory(result.GetValue(maxMemory)) is { Length: > 0 } size && (!ByteSize.TryParse(size, out var bytes) || bytes < StateEngineOptions.MinMaxMemoryBytes))
        {
            result.AddError($"--max-memory ({MaxMemoryVariable}) is {ByteSize.Form}, at least {StateEngineOptions.MinMaxMemoryBytes >> 20}M, not '{size}'.");
        }

        foreach (var kind in Kinds(result.GetValue(evict)))
        {
            if (!Address.TryParse($"{kind}/x", out _))
            {
                result.AddError($"--evict ({EvictVariable}) names kinds of lower-case letters, digits or '-', with commas between them; '{kind}' is none.");
            }
        }

        if (result.GetResult(tlsCertificate) is null != result.GetResult(tlsKey) is null)
        {
            result.AddError("--tls-cert and --tls-key go together: name the certificate's file and its key's.");
        }

        foreach (var option in (Option[])[bind, tlsCertificate])
        {
            if (result.GetResult(option) is { Implicit: false } && result.GetResult(port) is null)
            {
                result.AddError($"{option.Name} is about the port: name --port too.");
            }
        }
    }

    private static void RequireNumber<T>(Option<T> option, Func<int, bool> isRight, string what) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var number) || !isRight(number)))
        {
            result.AddError($"{option.Name} is {what}, not '{result.Tokens[0].Value}'.");
        }
    });
}
