using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Holdfast.Tests.Node;

/// <summary>A client that sends any bytes and reads replies as plain values: strings, numbers, null, lists.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket socket;
    private readonly Stream wire;
    private readonly BufferedStream stream;

    private RawClient(Socket socket, X509Certificate2? trusted = null)
    {
        this.socket = socket;
        socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        wire = new NetworkStream(socket);
        if (trusted is not null)
        {
            var encrypted = new SslStream(wire);
            encrypted.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, presented, _, _) => trusted.Equals(presented),
            });
            wire = encrypted;
        }

        stream = new BufferedStream(wire);
    }

    public static RawClient OnSocket(string path) => On(new UnixDomainSocketEndPoint(path));

    public static RawClient OnPort(int port) => On(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Speaks TLS with who presents this certificate.</summary>
    public static RawClient OnSecurePort(int port, X509Certificate2 trusted) => On(new IPEndPoint(IPAddress.Loopback, port), trusted);

    public static byte[] Bytes(params IReadOnlyList<string> command)
    {
        var bytes = new MemoryStream();
        bytes.Write(Encoding.Latin1.GetBytes($"*{command.Count}\r\n"));
        foreach (var part in command)
        {
            bytes.Write(Encoding.Latin1.GetBytes($"${part.Length}\r\n{part}\r\n"));
        }

        return bytes.ToArray();
    }

    /// <summary>Sends a command, each character a byte, and reads its reply.</summary>
    public object? Ask(params IReadOnlyList<string> command)
    {
        Send(Bytes(command));
        return Read();
    }

    /// <summary>Sends a command and leaves its reply for later.</summary>
    public void Send(params IReadOnlyList<string> command) => Send(Bytes(command));

    public void Send(ReadOnlySpan<byte> bytes)
    {
        wire.Write(bytes);
    }

    /// <summary>Reads a reply: an error as text that begins with <c>-</c>, a push as a list whose first element begins with <c>&gt;</c>.</summary>
    public object? Read()
    {
        var line = ReadLine();
        var rest = line[1..];
        return line[0] switch
        {
            '+' => rest,
            '-' => line,
            ':' => long.Parse(rest, CultureInfo.InvariantCulture),
            '_' => null,
            '$' => rest == "-1" ? null : ReadBulk(int.Parse(rest, CultureInfo.InvariantCulture)),
            '*' => rest == "-1" ? null : ReadMany(int.Parse(rest, CultureInfo.InvariantCulture)),
            '%' => ReadMany(2 * int.Parse(rest, CultureInfo.InvariantCulture)),
            '>' => AsPush(ReadMany(int.Parse(rest, CultureInfo.InvariantCulture))),
            _ => throw new InvalidDataException($"'{line}' begins no reply."),
        };
    }

    /// <summary>Reads a reply as a flat list of its parts, each with the mark of its kind.</summary>
    public List<string> ReadParts()
    {
        List<string> parts = [];
        for (var missing = 1; missing > 0; missing--)
        {
            var line = ReadLine();
            var isText = line[0] is '$' or '=' && line != "$-1";
            parts.Add(isText ? line[0] + ReadBulk(int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture)) : line);
            missing += line[0] is '*' or '~' or '>' or '%' && line != "*-1"
                ? int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) * (line[0] == '%' ? 2 : 1)
                : 0;
        }

        return parts;
    }

    /// <summary>Whether the other side has closed the connection, after what it still had to say.</summary>
    public bool IsClosed()
    {
        try
        {
            while (stream.ReadByte() >= 0)
            {
            }

            return true;
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return true;
        }
    }

    /// <summary>All that comes, each byte a character, up to this text or the end of the connection.</summary>
    public string ReadUntil(string end)
    {
        var text = new StringBuilder();
        try
        {
            while ((text.Length < end.Length || !text.ToString(text.Length - end.Length, end.Length).Equals(end, StringComparison.Ordinal))
                && stream.ReadByte() is >= 0 and var next)
            {
                text.Append((char)next);
            }
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // It was closed before it had read everything.
        }

        return text.ToString();
    }

    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => socket.Dispose();

    private static RawClient On(EndPoint place, X509Certificate2? trusted = null)
    {
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(place);
        return new RawClient(socket, trusted);
    }

    private static List<object?> AsPush(List<object?> push)
    {
        push[0] = $">{push[0]}";
        return push;
    }

    private List<object?> ReadMany(int count) => [.. Enumerable.Range(0, count).Select(_ => Read())];

    private string ReadBulk(int length)
    {
        var bytes = new byte[length + 2];
        stream.ReadExactly(bytes);
        return Encoding.Latin1.GetString(bytes, 0, length);
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (true)
        {
            var next = stream.ReadByte();
            if (next < 0)
            {
                throw new EndOfStreamException("The connection was closed.");
            }

            if (next == '\n')
            {
                return line.ToString(0, line.Length - 1);
            }

            line.Append((char)next);
        }
    }
}
