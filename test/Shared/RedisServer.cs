using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.TestServers;

/// <summary>A real redis-server in a folder of its own, on a Unix socket, a free loopback port, or both when that speaks TLS.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Stands in arguments for a further port that nobody listens on.</summary>
    public const string AnotherPort = "another-port";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly List<string> arguments;
    private readonly string folder;
    private readonly string? password;
    private readonly int? port;
    private readonly bool isEncrypted;
    private readonly int? core;
    private readonly NetworkNamespace? network;
    private Process process;

    private RedisServer(string folder, int? port, bool isEncrypted, string? password, int? core, NetworkNamespace? network, string host, List<string> arguments)
    {
        (this.folder, this.port, this.isEncrypted, this.password, this.core, this.network, this.arguments) = (folder, port, isEncrypted, password, core, network, arguments);
        Host = host;
        process = Launch([]);
    }

    /// <summary>How an engine reaches it.</summary>
    public string ConnectionString
    {
        get
        {
            var credentials = password is null ? "" : $":{Uri.EscapeDataString(password)}@";
            return isEncrypted ? $"rediss://{credentials}localhost:{port}"
                : port is { } number ? $"redis://{credentials}{Host}:{number}"
                : $"redis+unix://{credentials}{SocketPath}";
        }
    }

    /// <summary>The Unix socket, if it listens on one.</summary>
    public string SocketPath => Path.Combine(folder, "redis.sock");

    /// <summary>The TCP port, if it listens on one.</summary>
    public int Port => port ?? throw new InvalidOperationException("It listens on a Unix socket.");

    /// <summary>The address that it listens on with its port.</summary>
    public string Host { get; }

    /// <summary>The server's process id.</summary>
    public int Pid => process.Id;

    /// <summary>Whether it was not killed, or was started again.</summary>
    public bool IsRunning => !process.HasExited;

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="isTcp">On a free loopback port instead of a Unix socket.</param>
    /// <param name="isDurable">With an append-only file that is written before each answer (<c>appendfsync always</c>).</param>
    /// <param name="password">What clients must give.</param>
    /// <param name="tls">Whose files it serves TLS with on a port; it listens on a Unix socket besides.</param>
    /// <param name="core">The one core of the machine that it may use, from 0; null for all.</param>
    /// <param name="network">A network that it has to itself, on a port; null for the machine's.</param>
    /// <param name="address">Its address in that network, if not the one that the network is given.</param>
    /// <param name="arguments">Further arguments, as <c>--maxmemory</c>, <c>10mb</c>; <see cref="AnotherPort"/> is replaced.</param>
    public static async Task<RedisServer> StartAsync(
        bool isTcp = false, bool isDurable = false, string? password = null, TestAuthority? tls = null, int? core = null, NetworkNamespace? network = null, string? address = null,
        params string[] arguments)
    {
        var host = address ?? network?.There ?? "127.0.0.1";
        for (var attempt = 1; ; attempt++)
        {
            var folder = Directory.CreateTempSubdirectory("holdfast-redis-").FullName;
            int? port = isTcp || tls is not null ? FreePort.Next() : null;
            var all = ArgumentsFor(folder, tls is null ? port : null, isDurable, password);
            if (tls is not null)
            {
                all.AddRange(["--tls-port", $"{port}", "--bind", "127.0.0.1", "--tls-cert-file", tls.ServerFile, "--tls-key-file", tls.ServerKeyFile, "--tls-ca-cert-file", tls.File]);
            }

            if (network is not null)
            {
                all.AddRange(["--bind", host, "--protected-mode", "no"]);
            }

            all.AddRange(arguments.Select(static argument => argument == AnotherPort ? $"{FreePort.Next()}" : argument));
            var server = new RedisServer(folder, port, tls is not null, password, core, network, host, all);
            try
            {
                await server.WaitUntilReadyAsync();
                return server;
            }
            catch (InvalidOperationException) when (port is not null && attempt < 5)
            {
                // Somebody else took the port meanwhile.
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>kill -9, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Starts it again on what it left, after it was killed.</summary>
    public Task RestartAsync() => RestartAsync([]);

    /// <summary>The same, with arguments besides those that it was started with.</summary>
    public async Task RestartAsync(string[] more)
    {
        process.Dispose();
        process = Launch(more);
        await WaitUntilReadyAsync();
    }

    /// <summary>As a replica, it hears nothing more of its primary: it gives a password that is not that one's.</summary>
    public async Task DeafenAsync()
    {
        await CommandAsync("CONFIG", "SET", "masterauth", "wrong");
        await CommandAsync("CLIENT", "KILL", "TYPE", "master");
        await UntilAsync("master_link_status:down", "INFO", "replication");
    }

    /// <summary>It can be a replica again that hears.</summary>
    public Task UndeafenAsync() => CommandAsync("CONFIG", "SET", "masterauth", password ?? "");

    /// <summary>Sends one command and returns the bulk string that it answers, such as the text of <c>INFO</c>.</summary>
    public async Task<string> AskAsync(params string[] command)
    {
        using var socket = Connect();
        using var reader = await SendAsync(socket, command);
        var header = await reader.ReadLineAsync() ?? "";
        var answer = new char[header.StartsWith('$') ? int.Parse(header.AsSpan(1), CultureInfo.InvariantCulture) : throw new InvalidOperationException(header)];
        await reader.ReadBlockAsync(answer);
        return new string(answer);
    }

    /// <summary>Some of the keys that are in a slot of a cluster's node.</summary>
    public async Task<IReadOnlyList<string>> KeysInSlotAsync(int slot, int most)
    {
        using var socket = Connect();
        using var reader = await SendAsync(socket, ["CLUSTER", "GETKEYSINSLOT", $"{slot}", $"{most}"]);
        var keys = new string[int.Parse((await reader.ReadLineAsync())!.AsSpan(1), CultureInfo.InvariantCulture)];
        for (var i = 0; i < keys.Length; i++)
        {
            await reader.ReadLineAsync();
            keys[i] = (await reader.ReadLineAsync())!;
        }

        return keys;
    }

    /// <summary>Asks again until the reply's first line, or the text that it answers, has this in it.</summary>
    public async Task UntilAsync(string expected, params string[] command)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            var answer = await CommandAsync(command);
            if (answer.Contains(expected, StringComparison.Ordinal)
                || (answer.StartsWith('$') && (await AskAsync(command)).Contains(expected, StringComparison.Ordinal)))
            {
                return;
            }

            if (deadline.Elapsed > StartTimeout)
            {
                throw new InvalidOperationException($"{string.Join(' ', command)} never answered {expected}, but {answer}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Sends one command as text and returns the reply's first line, such as <c>+OK</c> or <c>$5</c>.</summary>
    public async Task<string> CommandAsync(params string[] command)
    {
        using var socket = Connect();
        using var reader = await SendAsync(socket, command);
        return await reader.ReadLineAsync() ?? "";
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static List<string> ArgumentsFor(string folder, int? port, bool isDurable, string? password)
    {
        List<string> all = ["--dir", folder, "--save", "", "--daemonize", "no", "--loglevel", "warning", "--logfile", "redis.log"];
        all.AddRange(port is { } number
            ? ["--bind", "127.0.0.1", "--port", number.ToString(CultureInfo.InvariantCulture)]
            : ["--port", "0", "--unixsocket", Path.Combine(folder, "redis.sock"), "--unixsocketperm", "600"]);
        if (isDurable)
        {
            all.AddRange(["--appendonly", "yes", "--appendfsync", "always"]);
        }

        if (password is not null)
        {
            all.AddRange(["--requirepass", password]);
        }

        return all;
    }

    private async Task<StreamReader> SendAsync(Socket socket, string[] command)
    {
        var text = new StringBuilder();
        if (password is not null)
        {
            Append(text, ["AUTH", password]);
        }

        Append(text, command);
        await socket.SendAsync(Encoding.UTF8.GetBytes(text.ToString()));
        var reader = new StreamReader(new NetworkStream(socket));
        if (password is not null)
        {
            await reader.ReadLineAsync();
        }

        return reader;
    }

    private static void Append(StringBuilder text, string[] command)
    {
        text.Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
        foreach (var part in command)
        {
            text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(part)}\r\n{part}\r\n");
        }
    }

    private Process Launch(string[] more)
    {
        var start = OneCore.Pin(new ProcessStartInfo("redis-server", [.. arguments, .. more]) { UseShellExecute = false }, core);
        return Process.Start(network?.Inside(start) ?? start)!;
    }

    private Socket Connect()
    {
        EndPoint place = port is { } number && !isEncrypted ? new IPEndPoint(IPAddress.Parse(Host), number) : new UnixDomainSocketEndPoint(SocketPath);
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(place);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // There is no event to wait for: it is ready when it answers PING, also after it has loaded what it had stored.
    private async Task WaitUntilReadyAsync()
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"redis-server ended with {process.ExitCode}; its log: {ReadLog()}");
            }

            try
            {
                if (await CommandAsync("PING") == "+PONG")
                {
                    return;
                }
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                // It does not listen yet.
            }

            if (deadline.Elapsed > StartTimeout)
            {
                throw new InvalidOperationException($"redis-server did not answer in time; its log: {ReadLog()}");
            }

            await Task.Delay(10);
        }
    }

    private string ReadLog()
    {
        var log = Path.Combine(folder, "redis.log");
        return File.Exists(log) ? File.ReadAllText(log) : "(none)";
    }
}
